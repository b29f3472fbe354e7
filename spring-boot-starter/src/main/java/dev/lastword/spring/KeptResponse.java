package dev.lastword.spring;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A response whose body leads to the journal. It outlives its connection, so it asks nothing of the
 * connection's response.
 */
final class KeptResponse extends HttpServletResponseWrapper {
  private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private final List<Cookie> cookies = new ArrayList<>();
  private final Body body;
  private final PrintWriter writer;
  private int status;
  private boolean statusSet;

  KeptResponse(HttpServletResponse connection, Intake intake) {
    super(connection);
    status = connection.getStatus();
    body = new Body(intake);
    writer = new PrintWriter(new OutputStreamWriter(body, StandardCharsets.UTF_8));
  }

  /** Says all that was said here. */
  synchronized void copyHead(HttpServletResponse to) {
    if (statusSet) {
      to.setStatus(status);
    }
    new LinkedHashMap<>(headers)
        .forEach(
            (name, values) -> {
              to.setHeader(name, values.getFirst());
              values.stream().skip(1).forEach(value -> to.addHeader(name, value));
            });
    cookies.forEach(to::addCookie);
  }

  @Override
  public synchronized void setStatus(int code) {
    status = code;
    statusSet = true;
  }

  @Override
  public synchronized int getStatus() {
    return status;
  }

  @Override
  public synchronized void sendError(int code, String message) {
    setStatus(code);
  }

  @Override
  public void sendError(int code) {
    setStatus(code);
  }

  @Override
  public synchronized void addCookie(Cookie cookie) {
    cookies.add(cookie);
  }

  @Override
  public synchronized boolean containsHeader(String name) {
    return headers.containsKey(name);
  }

  @Override
  public synchronized void setHeader(String name, @Nullable String value) {
    if (value == null) {
      headers.remove(name);
    } else {
      headers.put(name, new ArrayList<>(List.of(value)));
    }
  }

  @Override
  public synchronized void addHeader(String name, String value) {
    headers.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
  }

  @Override
  public void setDateHeader(String name, long date) {
    setHeader(name, Long.toString(date));
  }

  @Override
  public void addDateHeader(String name, long date) {
    addHeader(name, Long.toString(date));
  }

  @Override
  public void setIntHeader(String name, int value) {
    setHeader(name, Integer.toString(value));
  }

  @Override
  public void addIntHeader(String name, int value) {
    addHeader(name, Integer.toString(value));
  }

  @Override
  public synchronized @Nullable String getHeader(String name) {
    var values = headers.get(name);
    return values == null ? null : values.getFirst();
  }

  @Override
  public synchronized Collection<String> getHeaders(String name) {
    return List.copyOf(headers.getOrDefault(name, List.of()));
  }

  @Override
  public synchronized Collection<String> getHeaderNames() {
    return List.copyOf(headers.keySet());
  }

  @Override
  public void setContentType(@Nullable String type) {
    setHeader("Content-Type", type);
  }

  @Override
  public @Nullable String getContentType() {
    return getHeader("Content-Type");
  }

  /** Event streams are UTF-8. */
  @Override
  public void setCharacterEncoding(String charset) {}

  @Override
  public String getCharacterEncoding() {
    return StandardCharsets.UTF_8.name();
  }

  @Override
  public void setContentLength(int length) {}

  @Override
  public void setContentLengthLong(long length) {}

  @Override
  public void setLocale(Locale locale) {}

  @Override
  public Locale getLocale() {
    return Locale.ROOT;
  }

  @Override
  public void setBufferSize(int size) {}

  @Override
  public int getBufferSize() {
    return 0;
  }

  @Override
  public void reset() {}

  @Override
  public void resetBuffer() {}

  @Override
  public boolean isCommitted() {
    return false;
  }

  @Override
  public void flushBuffer() {
    writer.flush();
  }

  @Override
  public ServletOutputStream getOutputStream() {
    return body;
  }

  @Override
  public PrintWriter getWriter() {
    return writer;
  }

  private static final class Body extends ServletOutputStream {
    private final Intake intake;

    Body(Intake intake) {
      this.intake = intake;
    }

    @Override
    public void write(int b) throws IOException {
      intake.bytes(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int off, int len) throws IOException {
      intake.bytes(bytes, off, len);
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      throw new IllegalStateException("this response is written by threads that may wait");
    }
  }
}
