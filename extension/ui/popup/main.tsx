import type { View } from '../../messages.ts';
import type { Line } from '../line.ts';
import { show } from '../start.tsx';
import { Popup } from './Popup.tsx';

export const start = (first: View | Line): Promise<void> => show(<Popup />, first);
