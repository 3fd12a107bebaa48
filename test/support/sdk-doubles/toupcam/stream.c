/*
 * A stream: one thread exposes (exposing.c), another hands frames from the front queue to the back queue and calls back
 * (calling.c). A callback that takes its time holds up the second thread only, so frames pile up in front and are lost
 * there, and counted.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "double.h"

static void deque_open(deque *q, uint32_t length) {
  *q = (deque){.frames = calloc(length, sizeof(frame)), .length = length};
}

static void deque_close(deque *q) {
  free(q->frames);
  *q = (deque){0};
}

bool deque_push(deque *q, const frame *f) {
  if (q->count == q->length) return false;
  q->frames[(q->first + q->count++) % q->length] = *f;
  return true;
}

bool deque_pop(deque *q, frame *f) {
  if (q->count == 0) return false;
  *f = q->frames[q->first];
  q->first = (q->first + 1) % q->length;
  q->count--;
  return true;
}

void stream_wake(camera *c) {
  pthread_cond_broadcast(&c->changed);
}

static bool hardware_event_on(const camera *c, uint32_t event) {
  if (!c->hardware_events) return false;
  for (uint32_t i = 0; i < c->hardware_event_count; i++)
    if (c->hardware_event_list[i] == event) return true;
  return false;
}

void post(camera *c, uint32_t event) {
  if (event >= EVENT_EXPO_START && event <= EVENT_TRIGGER_IN && !hardware_event_on(c, event)) return;
  const uint32_t most = sizeof c->events / sizeof *c->events;
  if (!c->running || c->event_count == most) return;
  c->events[(c->event_first + c->event_count++) % most] = event;
  stream_wake(c);
}

void wait_until(camera *c, int64_t ns) {
  const struct timespec until = timespec_of(ns);
  pthread_cond_timedwait(&c->changed, &all, &until);
}

static void drop(camera *c, const frame *f, const char *cause) {
  c->dropped++;
  truth("{\"serial\":\"%s\",\"dropped\":%u,\"cause\":\"%s\"}", c->device->serial, f->info.v3.seq, cause);
}

static void drop_oldest(camera *c, deque *q, const char *cause) {
  frame f;
  if (deque_pop(q, &f)) drop(c, &f, cause);
}

void stream_deliver(camera *c, const frame *f) {
  if (f->still) {
    if (deque_push(&c->stills, f)) post(c, EVENT_STILLIMAGE);
    return;
  }
  if (c->realtime == 1)
    while (c->front.count + c->back.count > 0) drop_oldest(c, c->back.count > 0 ? &c->back : &c->front, "realtime");
  if (c->back.count == c->back.length) c->back_full++;
  if (c->front.count == c->front.length) {
    c->front_full++;
    if (c->realtime == 0) return drop(c, f, "front queue full");
    drop_oldest(c, &c->front, "front queue full");
  }
  deque_push(&c->front, f);
  stream_wake(c);
}

int32_t stream_flush(camera *c, int32_t what) {
  int32_t count = 0;
  frame f;
  if (what & 1) c->stale = 0;
  if (what & 2) {
    while (deque_pop(&c->front, &f) || deque_pop(&c->back, &f)) {
      truth("{\"serial\":\"%s\",\"dropped\":%u,\"cause\":\"flush\"}", c->device->serial, f.info.v3.seq);
      count++;
    }
    while (deque_pop(&c->stills, &f)) count++;
  }
  if (c->device->stuck && asked.stuck_until == STUCK_FLUSH) c->device->stuck = false, c->cancel = true;
  stream_wake(c);
  return count;
}

result stream_start(camera *c, event_callback callback, void *context) {
  if (c->running) return E_UNEXPECTED;
  const shape s = shape_now(c, false);
  pixels_prepare(&s);
  if (c->device->stuck && (asked.stuck_until <= STUCK_RESTART || c->device->made == asked.error_at + 1))
    c->device->stuck = false;
  c->callback = callback;
  c->context = context;
  c->running = true;
  c->paused = c->cancel = c->exposing = false;
  c->event_count = c->triggers = c->dropped = c->front_full = c->back_full = c->pulled = 0;
  c->next_start_ns = c->next_external_ns = c->timed_ns = c->next_heartbeat_ns = 0;
  c->started_ns = c->waiting_since_ns = monotonic_ns();
  if (c->options[MODE_SEQ_TIMESTAMP] == 0) {
    c->seq = c->snaps = 0;
    c->clock_zero_ns = c->started_ns;
  }
  deque_open(&c->front, (uint32_t)c->options[FRONTEND_DEQUE_LENGTH]);
  deque_open(&c->back, (uint32_t)c->options[BACKEND_DEQUE_LENGTH]);
  deque_open(&c->stills, 16);
  if (c->has_last && memcmp(&c->last.shape, &s, sizeof s) == 0)
    for (; c->stale > 0; c->stale--) stream_deliver(c, &c->last);
  c->stale = 0;
  if (pthread_create(&c->exposer, NULL, expose_all, c) != 0 || pthread_create(&c->caller, NULL, call_back_all, c) != 0)
    abort();
  return E_OK;
}

void stream_stop(camera *c) {
  if (!c->running) return;
  if (in_callback(c)) {
    /* The thread would wait for itself, as the real library's does. */
    pthread_mutex_unlock(&all);
    for (;;) pause();
  }
  c->running = false;
  stream_wake(c);
  pthread_mutex_unlock(&all);
  pthread_join(c->exposer, NULL);
  pthread_join(c->caller, NULL);
  pthread_mutex_lock(&all);
  deque_close(&c->front);
  deque_close(&c->back);
  deque_close(&c->stills);
  if (c->device->model->face.flag & FLAG_DDR) c->stale = asked.stale;
}
