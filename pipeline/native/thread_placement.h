// Where and how urgently a thread runs. Linux only.
#pragma once
#include <thread>

namespace appulse {

// Keeps the thread on one CPU. 0, or errno: EINVAL where there is no such CPU for this process.
int PinThread(std::thread& thread, int cpu);
// Puts the thread under SCHED_FIFO, priority 1 to 99. 0, or errno: EPERM without CAP_SYS_NICE or an RLIMIT_RTPRIO so high.
int MakeRealtime(std::thread& thread, int priority);

}  // namespace appulse
