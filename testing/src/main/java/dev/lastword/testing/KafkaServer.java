package dev.lastword.testing;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;

/**
 * A broker of Kafka in a JVM of its own, in a folder of its own. Its jars, of {@code kafka_2.13},
 * are on the class path of whoever starts it.
 *
 * <p>The first of several is their controller as well; the others join it. Each has a second
 * listener behind a {@link CuttingProxy}, and a third that asks for a password.
 */
public final class KafkaServer implements AutoCloseable {
  /** Whom {@link #secured} knows. */
  public static final String USER = "ann";

  /** What has to be quoted everywhere. */
  public static final String PASSWORD = "se\"cr\\et; x='y'";

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String CLUSTER = "bGFzdHdvcmQtbGFzdHdvcg";

  private final Path dir;
  private final int node;
  private final int port;
  private final int secured;
  private final int controller;
  private final CuttingProxy proxy;
  private Process process;

  private KafkaServer(Path dir, int node, int controller) throws IOException, InterruptedException {
    this.dir = dir;
    this.node = node;
    this.port = freePort();
    this.secured = freePort();
    this.controller = controller;
    int proxied = freePort();
    this.proxy = new CuttingProxy(proxied);
    Files.writeString(dir.resolve("server.properties"), properties(proxied));
    run("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", dir + "/server.properties");
    this.process = begin();
  }

  /**
   * Starts one that is alone.
   *
   * @param dir an empty folder
   */
  public static KafkaServer start(Path dir) throws IOException, InterruptedException {
    var server = new KafkaServer(dir, 1, freePort());
    server.awaitBrokers(1);
    return server;
  }

  /**
   * Starts one more beside the first.
   *
   * @param dir an empty folder
   * @param brokers how many there are then
   */
  public static KafkaServer join(KafkaServer first, Path dir, int brokers)
      throws IOException, InterruptedException {
    var server = new KafkaServer(dir, brokers, first.controller);
    first.awaitBrokers(brokers);
    return server;
  }

  private String properties(int proxied) {
    boolean isFirst = node == 1;
    return String.join(
        "\n",
        "node.id=" + node,
        "process.roles=" + (isFirst ? "broker,controller" : "broker"),
        "controller.quorum.voters=1@127.0.0.1:" + controller,
        "controller.listener.names=CONTROLLER",
        "listeners=PLAINTEXT://127.0.0.1:%d,PROXIED://127.0.0.1:%d,SECURED://127.0.0.1:%d%s"
            .formatted(
                port, proxied, secured, isFirst ? ",CONTROLLER://127.0.0.1:" + controller : ""),
        "advertised.listeners=PLAINTEXT://127.0.0.1:%d,PROXIED://127.0.0.1:%d,SECURED://127.0.0.1:%d"
            .formatted(port, proxy.port(), secured),
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,"
            + "CONTROLLER:PLAINTEXT,SECURED:SASL_PLAINTEXT",
        "listener.name.secured.sasl.enabled.mechanisms=PLAIN",
        "listener.name.secured.plain.sasl.jaas.config=" + login().replace("\\", "\\\\"),
        "inter.broker.listener.name=PLAINTEXT",
        "log.dirs=" + dir.resolve("data"),
        "auto.create.topics.enable=false",
        "offsets.topic.replication.factor=1",
        "transaction.state.log.replication.factor=1",
        "transaction.state.log.min.isr=1",
        "group.initial.rebalance.delay.ms=0",
        "log.cleaner.dedupe.buffer.size=16777216",
        "num.network.threads=2",
        "num.io.threads=2",
        "");
  }

  private static String login() {
    return "org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=%s;"
        .formatted(USER, quoted(PASSWORD));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Process begin() throws IOException {
    return java("kafka.Kafka", dir + "/server.properties")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log()))
        .start();
  }

  private void run(String main, String... arguments) throws IOException, InterruptedException {
    var tool =
        java(main, arguments)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log()))
            .start();
    if (tool.waitFor() != 0) {
      throw new IllegalStateException(Files.readString(log().toPath()));
    }
  }

  private static ProcessBuilder java(String main, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main));
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command);
  }

  private File log() {
    return dir.resolve("log").toFile();
  }

  private void awaitBrokers(int count) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try (var admin =
        Admin.create(
            Map.of(
                "bootstrap.servers",
                address(),
                "metric.reporters",
                "",
                "enable.metrics.push",
                false))) {
      while (true) {
        try {
          if (admin.describeCluster().nodes().get(5, TimeUnit.SECONDS).size() >= count) {
            return;
          }
        } catch (ExecutionException | TimeoutException e) {
          // not yet
        }
        if (!process.isAlive() || System.nanoTime() > deadline) {
          close();
          throw new IllegalStateException(Files.readString(log().toPath()));
        }
        Thread.sleep(100);
      }
    }
  }

  /** Where clients connect to. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  /** The same by way of the proxy. */
  public String proxied() {
    return "127.0.0.1:" + proxy.port();
  }

  /** The same for {@link #USER} alone, by SASL's PLAIN and without TLS. */
  public String secured() {
    return "127.0.0.1:" + secured;
  }

  /** Stands before {@link #proxied}. */
  public CuttingProxy proxy() {
    return proxy;
  }

  /** Stops the process without ending it: its connections stay. */
  public void halt() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** Lets a process that was halted go on. */
  public void goOn() throws IOException, InterruptedException {
    signal("-CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    int status =
        new ProcessBuilder("kill", name, String.valueOf(process.pid()))
            .inheritIO()
            .start()
            .waitFor();
    if (status != 0) {
      throw new IllegalStateException("kill " + name + " said " + status);
    }
  }

  /** Ends the process as {@code kill -9} does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Starts it again in its folder, after {@link #kill}. */
  public void restart() throws IOException, InterruptedException {
    process = begin();
    awaitBrokers(1);
  }

  @Override
  public void close() {
    process.destroyForcibly(); // also one that was halted
    proxy.close();
    try {
      process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
