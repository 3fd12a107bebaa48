#include "thread_placement.h"

#ifdef __linux__

#include <errno.h>
#include <pthread.h>
#include <sched.h>

namespace appulse {

int PinThread(std::thread& thread, int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return EINVAL;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(cpu, &only);
  return pthread_setaffinity_np(thread.native_handle(), sizeof only, &only);
}

int MakeRealtime(std::thread& thread, int priority) {
  sched_param parameters{};
  parameters.sched_priority = priority;
  return pthread_setschedparam(thread.native_handle(), SCHED_FIFO, &parameters);
}

}  // namespace appulse

#endif
