/** What the frame workers can be asked to do. They belong to no camera: each task says which stream it is of. */
export { frame } from './frame-task.js';
export { finishStack, stack } from './stack-task.js';

/** Answers as soon as the worker has started. */
export function ready(): void {}
