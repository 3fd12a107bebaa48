/** The station's page begins here. */
import { render } from 'preact';
import { Page } from './components/page.js';
import { connect } from './live/connection.js';

const place = document.getElementById('page');
if (place === null) throw new Error('the page has no place to stand in');
connect();
render(<Page />, place);
