/* The thread that calls back: events, automatics, time-outs. */
#include <string.h>
#include "double.h"

static __thread camera *called_back;
bool in_callback(const camera *c) {
  return called_back == c;
}

static void hand_over(camera *c) {
  frame f;
  while (c->back.count < c->back.length && deque_pop(&c->front, &f)) {
    deque_push(&c->back, &f);
    post(c, EVENT_IMAGE);
    stream_wake(c);
  }
}

static void answer_automatics(camera *c) {
  if (c->seq == 0) return;
  if (c->white_asked) {
    c->white_asked = false;
    memcpy(c->white, (int32_t[]){21, 0, 34}, sizeof c->white);
    post(c, EVENT_WBGAIN);
    if (c->white_done != NULL) {
      pthread_mutex_unlock(&all);
      c->white_done(c->white, c->white_context);
      pthread_mutex_lock(&all);
    }
  }
  if (c->temptint_asked) {
    c->temptint_asked = false;
    c->temp = 5200;
    c->tint = 1010;
    post(c, EVENT_TEMPTINT);
    if (c->temptint_done != NULL) {
      pthread_mutex_unlock(&all);
      c->temptint_done(c->temp, c->tint, c->temptint_context);
      pthread_mutex_lock(&all);
    }
  }
  if (c->black_asked) {
    c->black_asked = false;
    memcpy(c->black, (uint16_t[]){3, 2, 4}, sizeof c->black);
    post(c, EVENT_BLACK);
    if (c->black_done != NULL) {
      pthread_mutex_unlock(&all);
      c->black_done(c->black, c->black_context);
      pthread_mutex_lock(&all);
    }
  }
}

/* Posts what no frame brings: time-outs and the beat of the heart. Returns when to look again. */
static int64_t watch(camera *c) {
  const int64_t now = monotonic_ns();
  int64_t next = now + 250000000;
  for (int i = 0; i < 2 && c->exposing; i++) {
    const int32_t set = c->options[i == 0 ? NOFRAME_TIMEOUT : NOPACKET_TIMEOUT];
    if (set == 0) continue;
    const int64_t until = c->waiting_since_ns + c->exposure_us * 1000ll + (set < 500 ? 500 : set) * 1000000ll;
    if (now >= until) {
      c->waiting_since_ns = now;
      post(c, i == 0 ? EVENT_NOFRAMETIMEOUT : EVENT_NOPACKETTIMEOUT);
    } else if (until < next) next = until;
  }
  if (c->options[HEARTBEAT] > 0) {
    if (now >= c->next_heartbeat_ns) {
      if (c->next_heartbeat_ns != 0) post(c, EVENT_HEARTBEAT);
      c->next_heartbeat_ns = now + c->options[HEARTBEAT] * 1000000ll;
    }
    if (c->next_heartbeat_ns < next) next = c->next_heartbeat_ns;
  }
  return next;
}

void *call_back_all(void *argument) {
  camera *c = argument;
  called_back = c;
  pthread_mutex_lock(&all);
  while (c->running) {
    hand_over(c);
    answer_automatics(c);
    const int64_t next = watch(c);
    if (c->event_count == 0) {
      wait_until(c, next);
      continue;
    }
    const uint32_t event = c->events[c->event_first];
    c->event_first = (c->event_first + 1) % (sizeof c->events / sizeof *c->events);
    c->event_count--;
    if (c->callback == NULL) continue;
    pthread_mutex_unlock(&all);
    c->callback(event, c->context);
    pthread_mutex_lock(&all);
  }
  pthread_mutex_unlock(&all);
  return NULL;
}
