import type { ExportFormat, ExportRequest } from './export-types.js';

/** Formats whose target is a folder that other files may stand in. */
const INTO_FOLDER: readonly ExportFormat[] = ['fits', 'ff', 'ff-bin'];

/** Whether the target is a folder: `fits.fz` is one file where its name says so. */
export function goesIntoFolder({ format, target }: Pick<ExportRequest, 'format' | 'target'>): boolean {
  return format === 'fits.fz' ? !/\.(fz|fits)$/i.test(target) : INTO_FOLDER.includes(format);
}
