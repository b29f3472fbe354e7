package dev.lastword.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a servlet writes to. With its first byte it is decided whether that is an event stream: then
 * the response is the journal's, and the servlet never touches the connection again; else it is the
 * container's own.
 */
final class KeptResponse extends HttpServletResponseWrapper {
  /** After how many seconds a client may ask again, as the gateway says. */
  static final String RETRY_AFTER_SECONDS = "5";

  private static final Logger log = LoggerFactory.getLogger(KeptResponse.class);

  private final Beginning begin;
  private @Nullable KeptOutput output;
  private @Nullable PrintWriter writer;
  private volatile @Nullable Exchange exchange;
  private Consumer<Exchange> watcher = begun -> {};
  private volatile @Nullable NotKeptException refusal;
  private volatile boolean dispatched;
  private boolean passing;

  /** Opens an event stream. */
  @FunctionalInterface
  interface Beginning {
    Exchange begin() throws NotKeptException;
  }

  KeptResponse(HttpServletResponse connection, Beginning begin) {
    super(connection);
    this.begin = begin;
  }

  /** What became of it; null as long as, or because, it is no event stream. */
  @Nullable Exchange exchange() {
    return exchange;
  }

  /** Who wants to know once it is an event stream. */
  void whenKept(Consumer<Exchange> wants) {
    watcher = wants;
    var begun = exchange;
    if (begun != null) {
      wants.accept(begun);
    }
  }

  /**
   * It was dispatched before anything was written: what is written from now on is kept by the
   * filter's next pass, which has a response of its own, and by nobody where there is none. Nobody
   * would tell this one that it has ended.
   */
  void dispatched() {
    dispatched = true;
  }

  /**
   * What lies beneath. Some containers look there for their own response to put an end to it, as
   * Tomcat does behind a forward: but that of an event stream is the reader's, and they find one
   * whose end is none.
   */
  @Override
  public ServletResponse getResponse() {
    return exchange == null ? super.getResponse() : Unwrapped.of(this);
  }

  private boolean isEventStream() {
    return exchange != null || (!dispatched && saysEventStream());
  }

  /** One that says a stream's id is kept already. */
  private boolean saysEventStream() {
    var type = getContentType();
    return type != null
        && type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")
        && getStatus() == SC_OK
        && getHeader(LastwordFilter.STREAM_HEADER) == null;
  }

  /**
   * Decides.
   *
   * @return null if it is no event stream
   * @throws IOException if it is one, and cannot be kept: the connection has its answer then
   */
  @Nullable Exchange decide() throws IOException {
    var why = refusal;
    if (why != null) {
      throw new IOException(why.getMessage(), why);
    }
    if (exchange == null && !passing) {
      if (isEventStream()) {
        var begun = begun();
        exchange = begun;
        watcher.accept(begun);
      } else {
        passing = true;
        if (saysEventStream()) {
          log.warn("answer.not_kept cause=dispatched, and the filter is not mapped for ASYNC");
        }
      }
    }
    return exchange;
  }

  private Exchange begun() throws IOException {
    try {
      return begin.begin();
    } catch (NotKeptException e) {
      refusal = e;
      refuse();
      throw e;
    }
  }

  /** Whether this was an event stream that could not be kept. */
  boolean isRefused() {
    return refusal != null;
  }

  /** At once, whatever the servlet makes of its write that has failed. */
  private void refuse() throws IOException {
    var body = "The response cannot be kept now.\n".getBytes(StandardCharsets.US_ASCII);
    super.resetBuffer();
    super.setStatus(SC_SERVICE_UNAVAILABLE);
    super.setHeader("Retry-After", RETRY_AFTER_SECONDS);
    super.setContentType("text/plain;charset=us-ascii");
    super.setContentLengthLong(body.length);
    super.getOutputStream().write(body);
    super.flushBuffer();
  }

  /** The servlet has completed. */
  void end() throws IOException {
    if (writer != null) {
      writer.flush();
    }
    var kept = exchange;
    if (kept != null) {
      kept.finish();
    }
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    if (output == null) {
      output = new KeptOutput(this, super::getOutputStream);
    }
    return output;
  }

  @Override
  public PrintWriter getWriter() throws IOException {
    if (writer == null) {
      if (isEventStream()) {
        writer = new PrintWriter(new OutputStreamWriter(getOutputStream(), charset()));
      } else {
        writer = super.getWriter();
        passing = true; // also where its type is set behind this
      }
    }
    return writer;
  }

  /** UTF-8, which is what readers decode, unless the servlet has said another. */
  private Charset charset() {
    var type = getContentType();
    return type != null && type.toLowerCase(Locale.ROOT).contains("charset=")
        ? Charset.forName(getCharacterEncoding())
        : StandardCharsets.UTF_8;
  }

  @Override
  public void flushBuffer() throws IOException {
    if (writer != null) {
      writer.flush();
    }
    if (decide() == null) {
      super.flushBuffer();
    }
  }

  /** With ids it is longer. */
  @Override
  public void setContentLength(int length) {
    setContentLengthLong(length);
  }

  @Override
  public void setContentLengthLong(long length) {
    if (exchange == null && !isEventStream()) {
      super.setContentLengthLong(length);
    }
  }

  @Override
  public boolean isCommitted() {
    return exchange != null || super.isCommitted();
  }

  @Override
  public void reset() {
    requireOpen();
    super.reset();
    writer = null; // it may take a stream of bytes now
    passing = false;
  }

  @Override
  public void resetBuffer() {
    requireOpen();
    super.resetBuffer();
  }

  @Override
  public void sendError(int status) throws IOException {
    requireOpen();
    super.sendError(status);
  }

  @Override
  public void sendError(int status, String message) throws IOException {
    requireOpen();
    super.sendError(status, message);
  }

  @Override
  public void sendRedirect(String location) throws IOException {
    requireOpen();
    super.sendRedirect(location);
  }

  private void requireOpen() {
    if (exchange != null) {
      throw new IllegalStateException("the response is committed: its event stream has begun");
    }
  }

  // What a committed response ignores.

  @Override
  public void setStatus(int status) {
    if (exchange == null) {
      super.setStatus(status);
    }
  }

  @Override
  public void setContentType(String type) {
    if (exchange == null) {
      super.setContentType(type);
    }
  }

  @Override
  public void setHeader(String name, String value) {
    if (exchange == null) {
      super.setHeader(name, value);
    }
  }

  @Override
  public void addHeader(String name, String value) {
    if (exchange == null) {
      super.addHeader(name, value);
    }
  }

  @Override
  public void setIntHeader(String name, int value) {
    if (exchange == null) {
      super.setIntHeader(name, value);
    }
  }

  @Override
  public void addIntHeader(String name, int value) {
    if (exchange == null) {
      super.addIntHeader(name, value);
    }
  }

  @Override
  public void setDateHeader(String name, long date) {
    if (exchange == null) {
      super.setDateHeader(name, date);
    }
  }

  @Override
  public void addDateHeader(String name, long date) {
    if (exchange == null) {
      super.addDateHeader(name, date);
    }
  }

  @Override
  public void addCookie(Cookie cookie) {
    if (exchange == null) {
      super.addCookie(cookie);
    }
  }

  @Override
  public void setCharacterEncoding(String name) {
    if (exchange == null) {
      super.setCharacterEncoding(name);
    }
  }
}
