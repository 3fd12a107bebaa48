/** The module of the export's workers. */
export { decode } from './decode-task.js';
