package dev.lastword.library;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Owner;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Lastword} is opened with whose answers a gateway keeps; each has a default. They
 * are written here, and read from the gateway by whoever may: what is different of it is
 *
 * <ul>
 *   <li>the bounds, which are the gateway's;
 *   <li>an {@link Answer#id}, also a chosen one: as the gateway knows it, whose owners have each
 *       their own. An owner can use either;
 *   <li>that an answer which its owner cancels is known to be by the next {@code send}, and without
 *       one within 5 s;
 *   <li>that an answer whose process is silent for the gateway's {@code producers.lease-ms} is
 *       interrupted, {@code producer_gone}.
 * </ul>
 */
public final class RemoteBuilder {
  private static final String NAME = "[A-Za-z0-9_.-]{1,64}";

  /** What the gateway writes down of an application without a name. */
  private static final String UNNAMED = "default";

  private final URI gateway;
  private @Nullable Function<Owner, String> credentials;
  private @Nullable HttpClient client;
  private Optional<Saver> saver = Optional.empty();
  private Optional<String> application = Optional.empty();
  private Duration pickUp = Duration.ofSeconds(15);
  private Duration patience = Duration.ofMinutes(2);
  private Duration heartbeat = Duration.ofSeconds(15);
  private Duration grace = Duration.ZERO;

  RemoteBuilder(URI gateway) {
    boolean http = "http".equals(gateway.getScheme()) || "https".equals(gateway.getScheme());
    boolean path = !"".equals(gateway.getPath()) && !"/".equals(gateway.getPath());
    if (!http || gateway.getHost() == null || path || gateway.getQuery() != null) {
      throw new IllegalArgumentException("gateway is " + gateway + ": http[s]://host[:port]");
    }
    this.gateway = gateway;
  }

  /** One key for all that is asked: to the gateway all owners are one then. */
  public RemoteBuilder key(String everybodys) {
    return credentials(owner -> everybodys);
  }

  /**
   * What the gateway tells owners apart by: a key of each, or a token that names them, sent as
   * {@code Authorization: Bearer}. Asked for {@link Owner#ALL}, an administrator's, by which it is
   * looked for what another process of the application has left to be saved.
   *
   * <p>By default an owner's own name: on this machine alone, since whoever reaches the gateway can
   * say a name; and nothing is looked for.
   *
   * @param of an owner's, {@code ""} for none. What it throws is thrown to who asks
   */
  public RemoteBuilder credentials(Function<Owner, String> of) {
    credentials = of;
    return this;
  }

  /**
   * Registers a saver for every answer that is not sealed with one of its own. It is also who saves
   * what another process of the application has left, and hears of answers that were cancelled,
   * have failed or were interrupted, after their readers do. None by default: what a process leaves
   * then waits for the gateway to give it up.
   */
  public RemoteBuilder saver(Saver registered) {
    saver = Optional.of(registered);
    return this;
  }

  /**
   * The application's name, which all of its processes have: each saves what another has left.
   * Without one that is not looked for: two applications without a name would save each other's.
   *
   * @param name 1 to 64 characters of A-Z a-z 0-9 _ . -
   * @throws IllegalArgumentException if it is none
   */
  public RemoteBuilder application(String name) {
    if (!name.matches(NAME)) {
      throw new IllegalArgumentException(
          "application is " + name + ": 1 to 64 characters of A-Z a-z 0-9 _ . -");
    }
    application = Optional.of(name);
    return this;
  }

  /**
   * How often it is looked for answers that another process has left; 15 s by default.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public RemoteBuilder pickUp(Duration every) {
    if (every.toMillis() < 1) {
      throw new IllegalArgumentException("pickUp is " + every + ": at least 1 ms");
    }
    pickUp = every;
    return this;
  }

  /**
   * How long a gateway that does not answer is asked again; then what was asked fails, and whoever
   * waits for an answer gets an {@link UndecidedException}. 2 min by default.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public RemoteBuilder patience(Duration whileAway) {
    if (whileAway.isNegative()) {
      throw new IllegalArgumentException("patience is " + whileAway + ": at least 0");
    }
    patience = whileAway;
    return this;
  }

  /**
   * After how long a silence readers are given a comment, 10 ms at least; 15 s by default.
   *
   * @throws IllegalArgumentException if it is shorter
   */
  public RemoteBuilder heartbeat(Duration silence) {
    if (silence.compareTo(Duration.ofMillis(10)) < 0) {
      throw new IllegalArgumentException("heartbeat is " + silence + ": at least 10 ms");
    }
    heartbeat = silence;
    return this;
  }

  /**
   * How long answers that are open go on when this is closed; then they are interrupted. None by
   * default. An answer that is sealed has 5 s more to be saved.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public RemoteBuilder grace(Duration whenClosed) {
    if (whenClosed.isNegative()) {
      throw new IllegalArgumentException("grace is " + whenClosed + ": at least 0");
    }
    grace = whenClosed;
    return this;
  }

  /**
   * What it is asked by, such as one with certificates of one's own; it is not closed with this.
   */
  public RemoteBuilder client(HttpClient http) {
    client = http;
    return this;
  }

  /**
   * Opens it. The gateway is not asked for anything yet.
   *
   * @throws IllegalStateException if nobody has said who asks, and the gateway is not on this
   *     machine
   */
  public Lastword open() {
    var known = credentials;
    if (known == null && !isOnThisMachine()) {
      throw new IllegalStateException(
          "credentials: say who asks, since the gateway %s is not on this machine"
              .formatted(gateway));
    }
    var http =
        client == null
            ? HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .build()
            : client;
    return new Lastword(
        new RemoteBackend(
            new GatewayClient(
                http,
                gateway,
                known == null ? RemoteBuilder::named : known,
                StreamId.random().value(),
                patience,
                client == null),
            new RemoteBackend.Options(saver, application.orElse(UNNAMED), pickUp, heartbeat, grace),
            known != null && application.isPresent()));
  }

  private boolean isOnThisMachine() {
    var host = gateway.getHost();
    return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
  }

  /** An owner's name, in a form that a field can hold. */
  private static String named(Owner owner) {
    if (owner.all()) {
      throw new IllegalArgumentException(
          "owner: Owner.ALL is an administrator of the gateway: say its token by credentials");
    }
    return URLEncoder.encode(owner.value(), StandardCharsets.UTF_8);
  }
}
