package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Answer;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Streams;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Says in whose name each request is answered, or why in nobody's: an administrator's, that of the
 * owner of the stream whose link it comes by, its credentials', or nobody's in particular.
 */
final class Owners implements Reloadable {
  static final String CHALLENGE = "Bearer realm=\"lastword\"";

  private final Secrets secrets;
  private final Links links;
  private final OwnedStreams streams;
  private final Executor io;
  private volatile Judging judging;

  /**
   * What is decided by the configuration.
   *
   * @param keys of the tokens' issuer, where tokens are believed
   */
  private record Judging(OwnerRules rules, Authentication authentication, Optional<JwtKeys> keys) {}

  private Owners(Config config, Secrets secrets, Streams streams, Executor io) {
    this.secrets = secrets;
    this.links = new Links(secrets, System::currentTimeMillis, io);
    this.streams = new OwnedStreams(streams, new OwnIds(secrets.ownerKey()));
    this.io = io;
    this.judging = judging(config, config.owners(), keys(config.owners()));
  }

  /**
   * Puts together what the configuration asks for.
   *
   * @throws ConfigException if it cannot be had
   */
  static Owners of(Config config, Secrets secrets, Streams streams, Executor io) {
    return new Owners(config, secrets, streams, io);
  }

  private Judging judging(Config config, OwnerRules rules, Optional<JwtKeys> keys) {
    return new Judging(
        rules,
        switch (rules.mode()) {
          case CREDENTIALS -> new ByCredentials(secrets.ownerKey(), rules.places());
          case KEYS -> new ByKey(config.data(), rules.places(), io, System::nanoTime);
          case JWT ->
              new ByToken(
                  tokens(rules),
                  keys.orElseThrow(() -> new IllegalStateException("jwt without keys")),
                  rules.places(),
                  io,
                  System::currentTimeMillis);
          case OPEN -> new Authentication.Open();
        },
        keys);
  }

  private static JwtRules tokens(OwnerRules rules) {
    return rules.tokens().orElseThrow(() -> new IllegalStateException("jwt without its rules"));
  }

  /** An issuer may come up later than its gateway. */
  private static Optional<JwtKeys> keys(OwnerRules rules) {
    return rules.mode() == AccessMode.JWT
        ? Optional.of(new JwtKeys(tokens(rules).keys(), System::nanoTime))
        : Optional.empty();
  }

  /**
   * The issuer's keys for another configuration: from the same place those that are there, whether
   * the issuer is there now or not; from another one only what has been read.
   */
  private Optional<JwtKeys> keysAnew(OwnerRules rules) {
    var known = judging.keys().filter(_ -> rules.mode() == AccessMode.JWT);
    if (known.isPresent() && known.get().isOf(tokens(rules).keys())) {
      known.get().readAgain();
      return known;
    }
    var read = keys(rules);
    if (read.isPresent() && !read.get().isKnown()) {
      throw new ConfigException(
          "'%s': no keys can be read from %s"
              .formatted(Setting.JWT_KEYS.key(), tokens(rules).keys()));
    }
    return read;
  }

  @Override
  public Runnable prepare(Config next) {
    var rules = next.owners().heardOn(rules());
    var ready = judging(next, rules, keysAnew(rules));
    return () -> judging = ready;
  }

  OwnerRules rules() {
    return judging.rules();
  }

  Links links() {
    return links;
  }

  OwnedStreams streams() {
    return streams;
  }

  /** Why a request is not told the metrics where everybody asks, if it is not. */
  Optional<Problem> refusalOfMetrics(RequestHead head) {
    return switch (rules().metrics()) {
      case EVERYBODY -> Optional.empty();
      case ADMINISTRATOR ->
          rules().administrator().is(head)
              ? Optional.empty()
              : Optional.of(Administrator.required());
      case ELSEWHERE -> Optional.of(Problem.notFound("such resource"));
    };
  }

  /**
   * Tells who asks for something of the gateway's own.
   *
   * @param then on the exchange's loop; without it the exchange has been answered
   */
  void ask(Exchange exchange, Consumer<Asker> then) {
    var head = exchange.request();
    if (rules().adminListen().isEmpty() && rules().administrator().is(head)) {
      then.accept(Asker.ALL);
      return;
    }
    var claim = links.claim(head);
    if (claim.isEmpty() || claim.get().expired()) {
      identify(exchange, claim.isPresent(), then);
      return;
    }
    streams.streams().find(Owner.ALL, claim.get().id(), linked(exchange, claim.get(), then));
  }

  private Answer<Optional<Stream>> linked(
      Exchange exchange, Links.Claim claim, Consumer<Asker> then) {
    return StreamsApi.answering(
        exchange,
        found -> {
          var owner = found.map(Owners::ownerOf).filter(value -> links.isOf(claim, value));
          if (owner.isPresent() && !exchange.gone()) {
            then.accept(new Asker(Owner.of(owner.get()), Asker.NEVER, true));
          } else {
            identify(exchange, false, then);
          }
        },
        cause -> EventsRoute.unreadable(exchange, cause));
  }

  /** Names the owner of a stream; empty for nobody in particular. */
  static String ownerOf(Stream stream) {
    return stream.attributes().getOrDefault(Attributes.OWNER, "");
  }

  /** Tells who asks for something of the upstream's. */
  void askRelayed(Exchange exchange, Consumer<Asker> then) {
    if (rules().administrator().is(exchange.request())) {
      Administrator.notRelayed().send(exchange);
    } else if (isPreflight(exchange.request())) {
      then.accept(Asker.ANONYMOUS);
    } else {
      identify(exchange, false, then);
    }
  }

  /** A browser asks without credentials whether it may ask with them. */
  private static boolean isPreflight(RequestHead head) {
    return head.is(HttpMethod.OPTIONS)
        && head.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
  }

  private void identify(Exchange exchange, boolean byExpiredLink, Consumer<Asker> then) {
    judging
        .authentication()
        .identify(
            exchange.request(),
            identity ->
                exchange.loop().run(() -> identified(exchange, identity, byExpiredLink, then)));
  }

  private void identified(
      Exchange exchange, Identity identity, boolean byExpiredLink, Consumer<Asker> then) {
    if (exchange.gone()) {
      return;
    }
    switch (identity) {
      case Identity.Known(Asker asker) -> then.accept(asker);
      case Identity.Refused(Problem why) -> why.send(exchange);
      case Identity.Nobody _ -> {
        if (byExpiredLink) {
          unauthorized("link_expired", "the time of this link is over").send(exchange);
        } else if (rules().anonymous()) {
          then.accept(Asker.ANONYMOUS);
        } else {
          unauthorized("credentials_required", "this server answers nobody without credentials")
              .member("setting", Setting.ACCESS_ANONYMOUS.key())
              .send(exchange);
        }
      }
    }
  }

  static Problem unauthorized(String code, String detail) {
    return Problem.of(401, code, detail).header("www-authenticate", CHALLENGE);
  }

  /**
   * The request as the upstream is to see it.
   *
   * @param withOthers whether its route brings credentials
   */
  RequestHead relayed(RequestHead head, boolean withOthers) {
    return judging.authentication().relayed(head, withOthers);
  }

  /** The link that the head of a stream's relayed response carries, if it carries one. */
  Optional<String> link(Asker asker, StreamId id) {
    return rules().linkSeconds() == 0
        ? Optional.empty()
        : Optional.of(
            links.url(id, asker.owner().value(), Links.Right.READ, rules().linkSeconds()));
  }

  /** The id of a stream to come for which an owner chose one. */
  StreamId idOf(Asker asker, StreamId chosen) {
    return streams.ids().of(asker.owner(), chosen);
  }

  /** The id of the stream that answers what an asker asks under a key. */
  StreamId idOf(Asker asker, IdempotencyKey key) {
    return streams.ids().of(asker.owner(), key);
  }
}
