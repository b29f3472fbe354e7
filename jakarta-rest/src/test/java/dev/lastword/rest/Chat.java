package dev.lastword.rest;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.glassfish.jersey.media.sse.EventOutput;
import org.glassfish.jersey.media.sse.OutboundEvent;

/** As resources are written by hand: tokens, the marker, the save, and the end, in each way. */
@Path("chat")
public class Chat {
  final AtomicInteger calls = new AtomicInteger();
  final List<String> saved = new CopyOnWriteArrayList<>();
  final List<String> thrown = new CopyOnWriteArrayList<>();

  /** Opened for the second half of the answer. */
  final CountDownLatch more = new CountDownLatch(1);

  /** Opened once the marker is said. */
  final CountDownLatch marked = new CountDownLatch(1);

  /** Opened for the save. */
  final CountDownLatch save = new CountDownLatch(1);

  /** Takes a piece to the reader. */
  interface Say {
    void data(String data) throws Exception;
  }

  /** What a test has it say. */
  void answer(Say say) throws Exception {
    say.data("Hel");
    await(more);
    for (int i = 0; i < 40; i++) { // one that goes is noticed by a later write only
      say.data(".");
      TimeUnit.MILLISECONDS.sleep(5);
    }
    say.data("[DONE]");
    marked.countDown();
    await(save);
    saved.add("the answer");
  }

  private void run(Say say) {
    try {
      answer(say);
    } catch (Exception e) {
      thrown.add(e.toString());
    }
  }

  static void await(CountDownLatch latch) throws InterruptedException {
    if (!latch.await(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("nobody has opened it");
    }
  }

  @GET
  @Path("sink")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void sink(@Context SseEventSink sink, @Context Sse sse) {
    calls.incrementAndGet();
    Thread.startVirtualThread(
        () -> {
          try (sink) {
            run(data -> sink.send(sse.newEvent(data)).toCompletableFuture().get());
          } catch (Exception e) { // of Jersey 4's close
            thrown.add(e.toString());
          }
        });
  }

  @GET
  @Path("output")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public Response output() {
    calls.incrementAndGet();
    var output = new EventOutput();
    Thread.startVirtualThread(
        () -> {
          try (output) {
            run(data -> output.write(new OutboundEvent.Builder().data(data).build()));
          } catch (IOException e) {
            thrown.add(e.toString());
          }
        });
    return Response.ok(output).header("X-One", "1").build();
  }

  @GET
  @Path("streaming")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public StreamingOutput streaming() {
    calls.incrementAndGet();
    return out -> {
      try {
        answer(
            data -> {
              out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
              out.flush();
            });
      } catch (Exception e) {
        thrown.add(e.toString());
        throw e instanceof IOException io ? io : new IOException(e);
      }
    };
  }

  @GET
  @Path("json")
  @Produces(MediaType.APPLICATION_JSON)
  public Response json() {
    return Response.ok("{}").header("X-One", "1").build();
  }
}
