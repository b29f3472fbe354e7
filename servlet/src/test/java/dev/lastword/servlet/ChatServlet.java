package dev.lastword.servlet;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** As they are written by hand: tokens, the marker, and then the save. */
class ChatServlet extends HttpServlet {
  private static final long serialVersionUID = 1;

  final transient AtomicInteger calls = new AtomicInteger();
  final transient List<String> saved = new CopyOnWriteArrayList<>();
  final transient List<String> thrown = new CopyOnWriteArrayList<>();
  final transient List<String> listened = new CopyOnWriteArrayList<>();

  /** Opened for the second half of the answer. */
  final transient CountDownLatch more = new CountDownLatch(1);

  /** Opened for the save. */
  final transient CountDownLatch save = new CountDownLatch(1);

  private final boolean async;

  ChatServlet(boolean async) {
    this.async = async;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    calls.incrementAndGet();
    response.setContentType("text/event-stream");
    if (!async) {
      write(response.getOutputStream());
      return;
    }
    var context = request.startAsync();
    context.setTimeout(timeoutMs());
    context.addListener(new Listening());
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                write(context.getResponse().getOutputStream());
                context.complete();
              } catch (IOException | IllegalStateException e) {
                thrown.add(e.toString());
                try {
                  context.complete();
                } catch (IllegalStateException gone) { // the container has completed it
                  thrown.add(gone.toString());
                }
              }
            });
  }

  /** Its own bound. */
  long timeoutMs() {
    return 120_000;
  }

  /** What a test has it say. */
  void write(OutputStream out) throws IOException {
    say(out, "Hel");
    await(more);
    for (int i = 0; i < 40; i++) { // one that goes is noticed by a later write only
      say(out, ".");
      pause();
    }
    say(out, "[DONE]");
    await(save);
    saved.add("the answer");
  }

  void say(OutputStream out, String data) throws IOException {
    try {
      out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      thrown.add(e.toString());
      throw e;
    }
  }

  static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(5);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static void await(CountDownLatch latch) {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody has opened it");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private final class Listening implements AsyncListener {
    @Override
    public void onComplete(AsyncEvent event) {
      listened.add("complete");
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      listened.add("timeout");
    }

    @Override
    public void onError(AsyncEvent event) {
      listened.add("error");
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      listened.add("start");
    }
  }
}
