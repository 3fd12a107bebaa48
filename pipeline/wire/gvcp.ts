/** GVCP, the control protocol of GigE Vision: commands to the device's port 3956 and their acknowledges. */
export * from './gvcp-acknowledges.js';
export * from './gvcp-action.js';
export * from './gvcp-commands.js';
export * from './gvcp-event.js';
export * from './gvcp-header.js';
export * from './gvcp-status.js';
