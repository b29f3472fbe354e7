package dev.lastword.hooks;

import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveException.Kind;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.SavedResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.SocketFactory;
import javax.net.ssl.SSLException;
import okhttp3.ConnectionPool;
import okhttp3.Dns;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * Posts each response to an address, signed after Standard Webhooks. Any 2xx is an acknowledgement;
 * 408, 409, 425, 429, redirects, which are not followed, and 5xx say to call again; other 4xx that
 * the response is never taken.
 *
 * <p>Only public addresses are connected to, over TLS, and those that are allowed besides, over
 * either: each is looked at after its name was resolved.
 */
public final class WebhookHook implements SaveHook, AutoCloseable {
  private static final MediaType JSON = MediaType.get("application/json");
  private static final long KEPT_SECONDS = 30;

  private final HttpUrl url;
  private final Signature signature;
  private final Predicate<InetAddress> allowed;
  private final AnswerReceipt receipts;
  private final OkHttpClient client;
  private final HookCalls calls;

  /**
   * A webhook.
   *
   * @param url http or https
   * @param secrets one or more, each of which signs: {@code whsec_} and Base64, or text whose UTF-8
   *     bytes are the key
   * @param allowed addresses that may be connected to although they are not public, or in plain
   *     text
   * @param callsMax most calls at once; the others wait
   * @param timeout of one call
   * @param caFile certificates in PEM that are believed in place of the JDK's; read once
   * @param sockets makes sockets that are not connected; an exception of it is a call that failed
   * @param receipts go along
   */
  public record Options(
      URI url,
      List<String> secrets,
      Predicate<InetAddress> allowed,
      int callsMax,
      Duration timeout,
      Optional<Path> caFile,
      SocketFactory sockets,
      AnswerReceipt receipts) {}

  /**
   * Makes it; nothing is connected to.
   *
   * @throws IllegalArgumentException if the URL or a secret is none, the URL is an address that may
   *     not be connected to, or the file holds no certificates
   */
  public WebhookHook(Options options) {
    this.url = urlOf(options.url());
    this.signature = new Signature(options.secrets());
    this.allowed = options.allowed();
    this.receipts = options.receipts();
    var builder =
        new OkHttpClient.Builder()
            .dns(this::lookup)
            .socketFactory(options.sockets())
            .proxy(Proxy.NO_PROXY)
            .addNetworkInterceptor(WebhookHook::once)
            .followRedirects(false)
            .followSslRedirects(false)
            .retryOnConnectionFailure(false)
            .connectTimeout(options.timeout())
            .readTimeout(options.timeout())
            .writeTimeout(options.timeout())
            .callTimeout(options.timeout())
            .pingInterval(options.timeout().dividedBy(2)) // HTTP/2: a dead one is used by no retry
            .connectionPool(new ConnectionPool(options.callsMax(), KEPT_SECONDS, TimeUnit.SECONDS));
    options
        .caFile()
        .map(Trust::of)
        .ifPresent(trust -> builder.sslSocketFactory(trust.sockets(), trust.manager()));
    this.client = builder.build();
    this.calls =
        new HookCalls(Thread.ofVirtual().name("lastword-webhook").factory(), options.callsMax());
    requireAddress();
  }

  /** A 503 that wants to be asked again at once would be, by the client, within the same call. */
  private static Response once(Interceptor.Chain chain) throws IOException {
    return chain.proceed(chain.request()).newBuilder().removeHeader("Retry-After").build();
  }

  private static HttpUrl urlOf(URI url) {
    var parsed = HttpUrl.parse(url.toString());
    if (parsed == null) {
      throw new IllegalArgumentException("the url has to be an http or https URL");
    }
    if (!parsed.username().isEmpty() || !parsed.password().isEmpty()) {
      throw new IllegalArgumentException(
          "the url may not hold a name and password: calls are signed");
    }
    return parsed;
  }

  /** An address that is written out is not looked up, and so has to be looked at here. */
  private void requireAddress() {
    if (!url.host().matches("[0-9.]+|.*:.*")) {
      return;
    }
    try {
      require(InetAddress.getAllByName(url.host()));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("the url has no address: " + e.getMessage(), e);
    }
  }

  private List<InetAddress> lookup(String host) throws UnknownHostException {
    return require(Dns.SYSTEM.lookup(host).toArray(new InetAddress[0]));
  }

  private List<InetAddress> require(InetAddress[] addresses) throws UnknownHostException {
    for (var address : addresses) {
      if (allowed.test(address)) {
        continue;
      }
      var text = address.getHostAddress();
      if (!PublicAddresses.contain(address)) {
        throw new UnknownHostException(text + " is not public, and 'allow' does not have it");
      }
      if (!url.isHttps()) {
        throw new UnknownHostException(
            text + " is called over https only: 'allow' does not have it");
      }
    }
    return List.of(addresses);
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response) {
    return save(response, () -> {});
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response, Runnable begins) {
    return calls.call(begins, stop -> post(response, stop));
  }

  private void post(SavedResponse response, HookCalls.Stop stop) throws SaveException {
    var body = HookBody.of(response, receipts.of(response));
    var id = response.stream().value();
    var request = new Request.Builder().url(url).post(RequestBody.create(body, JSON));
    signature.fields(id, System.currentTimeMillis() / 1_000, body).forEach(request::header);
    var call = client.newCall(request.header("user-agent", "lastword").build());
    stop.by(call::cancel);
    int status;
    try (var answer = call.execute()) {
      status = answer.code();
    } catch (InterruptedIOException e) {
      throw new SaveException(Kind.UNREACHABLE, "no answer in time");
    } catch (IOException e) {
      throw new SaveException(Kind.UNREACHABLE, told(e));
    }
    if (status < 200 || status > 299) {
      throw new SaveException(
          isFinal(status) ? Kind.REJECTED : Kind.UNREACHABLE, "it answered " + status);
    }
  }

  private static boolean isFinal(int status) {
    return status >= 400
        && status < 500
        && status != 408
        && status != 409
        && status != 425
        && status != 429;
  }

  /** What failed, without anything of the request. */
  private static String told(IOException e) {
    var kind = e.getClass().getSimpleName();
    return e instanceof UnknownHostException || e instanceof SSLException
        ? kind + ": " + e.getMessage()
        : kind;
  }

  @Override
  public void close() {
    calls.close();
    client.dispatcher().cancelAll();
    client.connectionPool().evictAll();
  }
}
