package dev.lastword.rest;

import dev.lastword.stream.SavedResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Written for Lastword. */
@Path("written")
public class Written {
  final AtomicInteger calls = new AtomicInteger();
  final List<SavedResponse> saved = new CopyOnWriteArrayList<>();
  final List<String> thrown = new CopyOnWriteArrayList<>();
  final CountDownLatch more = new CountDownLatch(1);
  final CountDownLatch save = new CountDownLatch(1);

  @GET
  @Path("answer")
  public SseAnswer answer() {
    calls.incrementAndGet();
    return SseAnswer.written(
            sender -> {
              sender.send("Hel");
              try {
                Chat.await(more);
              } catch (InterruptedException e) {
                thrown.add(e.toString());
                throw e;
              }
              sender.send("lo");
            })
        .conversation("chat-7")
        .saver(
            answer -> {
              Chat.await(save);
              saved.add(answer);
            });
  }

  @GET
  @Path("tokens")
  public Response tokens() {
    return Response.ok(SseAnswer.of(Stream.of("Hel", "lo"))).header("X-One", "1").build();
  }

  @GET
  @Path("failing")
  public SseAnswer failing() {
    return SseAnswer.written(
        sender -> {
          sender.send("Hel");
          throw new IllegalStateException("out of order");
        });
  }

  @GET
  @Path("once")
  public SseAnswer once() {
    return SseAnswer.of(Stream.of("once")).id("0123456789abcdef");
  }
}
