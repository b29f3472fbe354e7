package dev.lastword.rest;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;

/** Says something for which there is no writer. */
@Path("unwritable")
public class Unwritable {
  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void sink(@Context SseEventSink sink, @Context Sse sse) {
    Thread.startVirtualThread(
        () -> {
          try (sink) {
            sink.send(sse.newEvent("Hel"));
            sink.send(
                sse.newEventBuilder()
                    .mediaType(MediaType.valueOf("application/x-nobody-writes-it"))
                    .data(Unwritable.class, this)
                    .build());
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
