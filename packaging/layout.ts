/** Where the packages put things. What is common with an installation from a checkout stands in native-host/install. */
import { PACKAGED_LIB } from '../shared/base/called.ts';

export const LIB = PACKAGED_LIB;
/** What a bundled program reads of its own package. */
export const PACKAGE = `${LIB}/package.json`;
export const NODE = `${LIB}/node`;
export const NETD = `${LIB}/netd.mjs`;
export const HOST = `${LIB}/host`;
export const NAMESPACE = `${LIB}/namespace`;
export const DOCTOR = `${LIB}/doctor`;
export const HOST_WRAPPER = `${LIB}/warren-host`;
export const PROVIDER = `${LIB}/provider`;
export const HELPER = `${LIB}/helper`;
export const EXTENSION = '/usr/share/warren/extension';
export const UNITS = '/usr/lib/systemd/system';

/** As debian/<package>.<kind> becomes what it is for. */
export const SYSUSERS = '/usr/lib/sysusers.d';
export const TMPFILES = '/usr/lib/tmpfiles.d';
export const OVERRIDES = '/usr/share/lintian/overrides';
