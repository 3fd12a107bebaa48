/** GVSP, the stream protocol of GigE Vision: a block (frame) is a leader, payload packets and a trailer. */
export * from './gvsp-header.js';
export * from './gvsp-leader.js';
export * from './gvsp-trailer.js';
