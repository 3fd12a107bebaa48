/** A line for the user when the kernel gave a smaller socket buffer than was asked for; none when it did not. */
export function socketBufferWarning(askedBytes: number, gotBytes: number): string[] {
  if (gotBytes >= askedBytes) return [];
  return [
    `the socket buffer holds ${gotBytes} bytes of the ${askedBytes} asked for, packets may be lost in bursts: run \`sysctl -w net.core.rmem_max=${askedBytes}\``,
  ];
}
