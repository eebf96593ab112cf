/** The page of a node's owner: styles, the line to the node, the root. */
import { render } from 'preact';
import '../../../shared/ui/tokens.css';
import '../../../shared/ui/contrast.css';
import '../../../shared/ui/base.css';
import '../../../shared/ui/controls.css';
import './board.css';
import './lists.css';
import { App } from './App.tsx';
import { connect } from './store.ts';

connect();
const place = document.getElementById('app');
if (place) render(<App />, place);
