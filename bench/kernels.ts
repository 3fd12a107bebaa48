/**
 * The frame kernels, one thread. Cost is time as a multiple of what memcpy of the frame as uint16 takes in the same round:
 * absolute speeds move with the neighbours of a machine, this does not. Rice is compared with cfitsio, the pass over a
 * frame with its own parts done one after the other.
 */
import { fusedCase } from './kernels/fused.js';
import { pixelCases } from './kernels/pixels.js';
import { riceCase } from './kernels/rice.js';
import { stackCases } from './kernels/stack.js';

export const cases = [...pixelCases, ...stackCases, riceCase, fusedCase];
