package dev.lastword.library;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Composition;

/** The engine of this process. On the stream's home. */
record ComposedOutlet(Composition composition) implements Outlet {
  @Override
  public void append(EncodedEvents events) {
    composition.append(events);
  }

  @Override
  public void complete(EncodedEvents ending, boolean terminalSaid, boolean kept) {
    composition.complete(ending, terminalSaid, kept);
  }

  @Override
  public void fail(String code, String message) {
    composition.fail(code, message);
  }

  @Override
  public void fail(String code, SseEvent said) {
    composition.fail(code, said);
  }
}
