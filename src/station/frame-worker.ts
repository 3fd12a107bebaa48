/** What the frame workers can be asked to do. They belong to no camera: each task says which stream it is of. */
export { frame } from './frame-task.js';
export { finishStack, stack } from './stack-task.js';
