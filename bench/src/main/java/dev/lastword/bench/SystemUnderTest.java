package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// What stands between source and readers: nothing, nginx, or a gateway.
///
/// @param name as in the tables
/// @param port where it listens, on 127.0.0.1
/// @param process its first process; empty for the source itself
/// @param log what it has printed
record SystemUnderTest(String name, int port, Optional<Process> process, Path log) {
  static final String DIRECT = "direct";
  static final String NGINX = "nginx";
  static final String LASTWORD = "lastword";
  private static final int READY_SECONDS = 30;
  private static final int POLL_MS = 2;
  private static final String CONNECTIONS_MAX = "100000";

  /// The readers ask the source itself: what the tool adds.
  static SystemUnderTest direct(int sourcePort) {
    return new SystemUnderTest(DIRECT, sourcePort, Optional.empty(), Path.of("/dev/null"));
  }

  /// nginx with `proxy_buffering off`, set up as well as we know.
  ///
  /// @param dir its own, empty
  static SystemUnderTest nginx(Children children, String program, int sourcePort, Path dir)
      throws IOException, InterruptedException {
    int port = freePort();
    var config = dir.resolve("nginx.conf");
    Files.writeString(config, nginxConfig(port, sourcePort));
    var log = dir.resolve("log");
    var command = List.of(program, "-p", dir.toString(), "-c", config.toString(), "-e", "stderr");
    var process = children.start(logged(command, log));
    awaitListening(process, port, log);
    return new SystemUnderTest(NGINX, port, Optional.of(process), log);
  }

  /// A gateway, ready when `GET /readyz` answers 200.
  ///
  /// @param name what it is called
  /// @param command what starts it; `--upstream`, `--listen` and `--data` are appended
  /// @param dir its own, empty
  static SystemUnderTest gateway(
      String name, Children children, List<String> command, int sourcePort, Path dir)
      throws IOException, InterruptedException {
    int port = freePort();
    var log = dir.resolve("log");
    var builder = logged(gatewayCommand(command, sourcePort, port, dir.resolve("data")), log);
    builder.environment().put("LASTWORD_LIMITS_CONNECTIONS_MAX", CONNECTIONS_MAX);
    var process = children.start(builder);
    awaitReady(process, port, log);
    return new SystemUnderTest(name, port, Optional.of(process), log);
  }

  /// Whether readers can follow one stream.
  boolean sharesStreams() {
    return isGateway();
  }

  /// Whether it can be told to collect garbage.
  boolean runsOnJvm() {
    return isGateway();
  }

  private boolean isGateway() {
    return !name.equals(DIRECT) && !name.equals(NGINX);
  }

  /// Its proportional set size in bytes: what it alone takes, and its part of what it shares. 0 for
  /// the source itself.
  long pssBytes() throws IOException {
    return process.isPresent() ? ProcessUsage.pssBytes(process.get().pid()) : 0;
  }

  /// What it has used so far; nothing for the source itself.
  ProcessUsage usage() throws IOException {
    return process.isPresent() ? ProcessUsage.of(process.get().pid()) : ProcessUsage.NOTHING;
  }

  /// The last lines that it has printed, if it has ended; else `""`.
  String lastWords() throws IOException {
    return process.isPresent() && !process.get().isAlive()
        ? name + " has ended:\n" + tail(log)
        : "";
  }

  static List<String> gatewayCommand(List<String> command, int sourcePort, int port, Path data) {
    var whole = new ArrayList<>(command);
    whole.addAll(List.of("--upstream", "http://127.0.0.1:" + sourcePort));
    whole.addAll(List.of("--listen", "127.0.0.1:" + port, "--data", data.toString()));
    return whole;
  }

  static ProcessBuilder logged(List<String> command, Path log) {
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// Waits for the first 200 of `/readyz`.
  ///
  /// @throws IllegalStateException if the process ends or takes more than 30 s
  static void awaitReady(Process process, int port, Path log)
      throws InterruptedException, IOException {
    await(process, log, () -> answersReady(port));
  }

  private static void awaitListening(Process process, int port, Path log)
      throws InterruptedException, IOException {
    await(process, log, () -> connects(port));
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(Process process, Path log, Condition condition)
      throws InterruptedException, IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
    while (!condition.holds()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "not ready: " + process.info().commandLine().orElse("ended") + "\n" + tail(log));
      }
      Thread.sleep(POLL_MS);
    }
  }

  private static String tail(Path log) throws IOException {
    var lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
  }

  private static boolean connects(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean answersReady(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      socket.setSoTimeout(1000);
      socket
          .getOutputStream()
          .write(
              "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                  .getBytes(US_ASCII));
      var head = new String(socket.getInputStream().readNBytes(12), US_ASCII);
      return head.equals("HTTP/1.1 200");
    } catch (IOException e) {
      return false;
    }
  }

  // `reuseport` gives both workers half of the connections; without it one of them often has nearly
  // all.
  private static String nginxConfig(int port, int sourcePort) {
    return """
        daemon off;
        pid nginx.pid;
        worker_processes auto;
        worker_rlimit_nofile 100000;
        error_log stderr error;
        events { worker_connections 45000; }
        http {
          access_log off;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          tcp_nodelay on;
          keepalive_requests 1000000;
          upstream source { server 127.0.0.1:%d; keepalive 2000; keepalive_requests 1000000; }
          server {
            listen 127.0.0.1:%d reuseport backlog=4096;
            location / {
              proxy_pass http://source;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
              proxy_read_timeout 1h;
            }
          }
        }
        """
        .formatted(sourcePort, port);
  }
}
