/** Status codes that GVCP answers and GVSP packets share (GigE Vision 2.x, as in Wireshark's dissector). */
export const GVCP_STATUS = {
  success: 0x0000,
  packetResend: 0x0100,
  notImplemented: 0x8001,
  invalidParameter: 0x8002,
  invalidAddress: 0x8003,
  writeProtect: 0x8004,
  badAlignment: 0x8005,
  accessDenied: 0x8006,
  busy: 0x8007,
  packetUnavailable: 0x800c,
  dataOverrun: 0x800d,
  invalidHeader: 0x800e,
  packetNotYetAvailable: 0x8010,
  packetAndPreviousRemoved: 0x8011,
  packetRemoved: 0x8012,
  noReferenceTime: 0x8013,
  packetTemporarilyUnavailable: 0x8014,
  overflow: 0x8015,
  actionLate: 0x8016,
  leaderTrailerOverflow: 0x8017,
  error: 0x8fff,
} as const;

const names = new Map<number, string>(Object.entries(GVCP_STATUS).map(([name, code]) => [code, name]));

/** The status in words, with its number: "access denied (0x8006)". */
export function statusText(status: number): string {
  const hex = `0x${status.toString(16).padStart(4, '0')}`;
  const name = names.get(status);
  return name === undefined ? `status ${hex}` : `${name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)} (${hex})`;
}
