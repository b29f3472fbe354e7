package dev.lastword.rest;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.concurrent.TimeUnit;

/** Says what it is asked, thirty times. */
@Path("echo/{what}")
public class Echo {
  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void sink(@PathParam("what") String what, @Context SseEventSink sink, @Context Sse sse) {
    Thread.startVirtualThread(
        () -> {
          try (sink) {
            for (int i = 0; i < 30; i++) {
              sink.send(sse.newEvent(what));
              TimeUnit.MILLISECONDS.sleep(2);
            }
            sink.send(sse.newEvent("[DONE]"));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
