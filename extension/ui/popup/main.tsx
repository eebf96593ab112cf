import { start } from '../start.tsx';
import '../styles/popup.css';
import '../styles/burrow.css';
import { Popup } from './Popup.tsx';

start(<Popup />);
