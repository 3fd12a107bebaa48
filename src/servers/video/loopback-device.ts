/**
 * A video device that a program writes pictures to and others see as a camera: Linux's v4l2loopback module. Numbers and places from the
 * kernel's own linux/videodev2.h, of 64-bit machines.
 */
import { close, constants, open, write } from 'node:fs';
import { promisify } from 'node:util';
import { errno, load } from 'koffi';
import { AppulseError, reasonOf } from '#gps/errors.js';

/** Places are bytes from the beginning of their struct. */
export const VIDEODEV2 = {
  VIDIOC_QUERYCAP: 0x80685600,
  VIDIOC_S_FMT: 0xc0d05605,
  capabilityBytes: 104,
  capabilities: 84,
  deviceCapabilities: 88,
  V4L2_CAP_VIDEO_OUTPUT: 0x2,
  V4L2_CAP_DEVICE_CAPS: 0x80000000,
  formatBytes: 208,
  V4L2_BUF_TYPE_VIDEO_OUTPUT: 2,
  V4L2_FIELD_NONE: 1,
  V4L2_COLORSPACE_SRGB: 8,
  V4L2_PIX_FMT_YUYV: 0x56595559,
  width: 8,
  height: 12,
  pixelformat: 16,
  field: 20,
  bytesperline: 24,
  sizeimage: 28,
  colorspace: 32,
} as const;

type Ioctl = (file: number, request: number, argument: Buffer) => number;

const closeFile = promisify(close);
const writeFile = promisify(write) as (file: number, bytes: Uint8Array) => Promise<unknown>;

export class LoopbackDevice {
  readonly #path: string;
  readonly #file: number;
  readonly #ioctl: Ioctl;

  private constructor(path: string, file: number, ioctl: Ioctl) {
    this.#path = path;
    this.#file = file;
    this.#ioctl = ioctl;
  }

  /** @throws AppulseError `video.no-device`, `video.no-output`, `video.system` */
  static async open(path: string): Promise<LoopbackDevice> {
    const ioctl = systemIoctl();
    let file: number;
    try {
      file = await promisify(open)(path, constants.O_RDWR | constants.O_NONBLOCK);
    } catch (cause) {
      throw new AppulseError(
        'video.no-device',
        `${path} cannot be opened (${reasonOf(cause)}): load the module with 'modprobe v4l2loopback video_nr=N', which makes /dev/videoN, and give this user the right to write to it`,
        { cause },
      );
    }
    const device = new LoopbackDevice(path, file, ioctl);
    try {
      device.#requireOutput();
      return device;
    } catch (error) {
      await device.close();
      throw error;
    }
  }

  /** Tells the device what pictures come. @throws AppulseError `video.format` while a program that reads another size holds it */
  setSize(width: number, height: number): void {
    const format = Buffer.alloc(VIDEODEV2.formatBytes);
    format.writeUInt32LE(VIDEODEV2.V4L2_BUF_TYPE_VIDEO_OUTPUT, 0);
    format.writeUInt32LE(width, VIDEODEV2.width);
    format.writeUInt32LE(height, VIDEODEV2.height);
    format.writeUInt32LE(VIDEODEV2.V4L2_PIX_FMT_YUYV, VIDEODEV2.pixelformat);
    format.writeUInt32LE(VIDEODEV2.V4L2_FIELD_NONE, VIDEODEV2.field);
    format.writeUInt32LE(2 * width, VIDEODEV2.bytesperline);
    format.writeUInt32LE(2 * width * height, VIDEODEV2.sizeimage);
    format.writeUInt32LE(VIDEODEV2.V4L2_COLORSPACE_SRGB, VIDEODEV2.colorspace);
    const failed = this.#ioctl(this.#file, VIDEODEV2.VIDIOC_S_FMT, format) !== 0;
    const taken = [format.readUInt32LE(VIDEODEV2.width), format.readUInt32LE(VIDEODEV2.height)];
    const asked = format.readUInt32LE(VIDEODEV2.pixelformat) === VIDEODEV2.V4L2_PIX_FMT_YUYV;
    if (failed || !asked || taken[0] !== width || taken[1] !== height) {
      const why = failed ? `error ${errno()}` : `it keeps ${taken.join(' x ')}`;
      throw new AppulseError(
        'video.format',
        `${this.#path} does not take pictures of ${width} x ${height} (${why}): end the programs that read it, and they can begin again`,
      );
    }
  }

  /** A picture as `yuyvOf` makes it; left out where the device has no room for it now. @throws what the system says */
  async write(picture: Uint8Array): Promise<void> {
    try {
      await writeFile(this.#file, picture);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }

  async close(): Promise<void> {
    await closeFile(this.#file);
  }

  #requireOutput(): void {
    const told = Buffer.alloc(VIDEODEV2.capabilityBytes);
    const isVideo = this.#ioctl(this.#file, VIDEODEV2.VIDIOC_QUERYCAP, told) === 0;
    const all = told.readUInt32LE(VIDEODEV2.capabilities);
    const own = (all & VIDEODEV2.V4L2_CAP_DEVICE_CAPS) === 0 ? all : told.readUInt32LE(VIDEODEV2.deviceCapabilities);
    if (isVideo && (own & VIDEODEV2.V4L2_CAP_VIDEO_OUTPUT) !== 0) return;
    throw new AppulseError(
      'video.no-output',
      `${this.#path} is no device that takes pictures: name one that v4l2loopback has made ('modprobe v4l2loopback video_nr=N')`,
    );
  }
}

/** @throws AppulseError `video.system` where there is no Linux below */
function systemIoctl(): Ioctl {
  if (process.platform === 'linux') {
    try {
      return load(null).func('int ioctl(int file, unsigned long request, _Inout_ uint8_t *argument)') as Ioctl;
    } catch {
      // As on another system.
    }
  }
  throw new AppulseError('video.system', 'pictures for other programs as a camera need Linux: read /live.mjpg instead');
}

/** Grey levels as YUYV, the format that every program reads: brightness from 16 to 235, no colour. `columns` even. */
export function yuyvOf(grey: Uint8Array, width: number, columns: number): Uint8Array {
  const rows = Math.floor(grey.length / width);
  const picture = new Uint8Array(2 * columns * rows).fill(128);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      picture[2 * (row * columns + column)] = 16 + Math.round(((grey[row * width + column] as number) * 219) / 255);
    }
  }
  return picture;
}
