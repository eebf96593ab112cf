import { start } from '../start.tsx';
import '../styles/page.css';
import '../styles/rules.css';
import '../styles/setup.css';
import { Page } from './Page.tsx';

start(<Page />);
