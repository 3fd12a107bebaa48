/** Where the station asks for a token that this browser has not shown, the page goes to where it is shown. */
export async function logInWhereAsked(): Promise<void> {
  try {
    const { status } = await fetch('./api/v1/status');
    if (status === 401) location.assign('./login');
  } catch {
    // The station is not there: the connection is tried again.
  }
}
