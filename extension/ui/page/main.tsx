import type { View } from '../../messages.ts';
import type { Line } from '../line.ts';
import { show } from '../start.tsx';
import { Page } from './Page.tsx';

export const start = (first: View | Line): Promise<void> => show(<Page />, first);
