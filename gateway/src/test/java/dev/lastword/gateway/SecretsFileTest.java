package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.StreamId;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keys that a gateway makes for itself, and how long they sign. */
class SecretsFileTest {
  private static final StreamId STREAM = new StreamId("AAAAAAAAAAAAAAAAAAAAAAAA");

  @TempDir Path data;
  private final AtomicLong now = new AtomicLong(1_000_000_000_000L);

  private Secrets open() {
    return Secrets.open(data, now.get());
  }

  private Optional<Links.Claim> claim(Secrets secrets, String url) {
    return new Links(secrets, now::get, Runnable::run)
        .claim(
            new RequestHead(
                HttpMethod.GET, "1.1", url, Optional.empty(), new DefaultHttpHeaders(), 0));
  }

  private String link(Secrets secrets, Duration life) {
    return new Links(secrets, now::get, Runnable::run)
        .url(STREAM, "o", Links.Right.READ, life.toSeconds());
  }

  private void pass(Duration time) {
    now.addAndGet(time.toMillis());
  }

  @Test
  void givenAFirstStart_thenTheFileIsItsUsersAlone_andTheSameAtTheNext() throws Exception {
    var first = open();

    var mode = Files.getPosixFilePermissions(data.resolve(Secrets.FILE));
    assertThat(PosixFilePermissions.toString(mode)).isEqualTo("rw-------");
    assertThat(open().ownerKey()).isEqualTo(first.ownerKey()).hasSize(32);
    assertThat(claim(open(), link(first, Duration.ofMinutes(1)))).isPresent();
  }

  @Test
  void givenAKeyThatHasSignedForLong_thenAnotherSigns_andWhatIsOutStaysGood() {
    var secrets = open();
    var old = secrets.linkKey().id();
    pass(Secrets.LINK_KEY_AGE_MAX.minusDays(1));
    var link = link(secrets, Secrets.LINK_LIFE_MAX);
    pass(Duration.ofDays(1));

    link(secrets, Duration.ofMinutes(1)); // tells that it is time

    assertThat(secrets.linkKey().id()).isNotEqualTo(old);
    assertThat(claim(secrets, link)).isPresent().get().matches(claim -> !claim.expired());
    assertThat(claim(open(), link)).isPresent();
    pass(Secrets.LINK_LIFE_MAX);
    assertThat(claim(secrets, link)).isPresent().get().matches(Links.Claim::expired);
  }

  @Test
  void givenAKeyThatNothingNeedsAnyMore_whenTheNextIsMade_thenItIsForgotten() {
    var first = open().linkKey().id();
    pass(Secrets.LINK_KEY_AGE_MAX);
    var second = open().linkKey().id();
    pass(Secrets.LINK_KEY_AGE_MAX);
    var secrets = open();

    assertThat(secrets.linkKey(first)).isEmpty();
    assertThat(secrets.linkKey(second)).isPresent();
  }

  @Test
  void givenAnyOtherCharacterInALink_thenItIsNone() {
    var secrets = open();
    var link = link(secrets, Duration.ofMinutes(1));
    int token = link.indexOf("token=") + "token=".length();

    assertThat(claim(secrets, link)).isPresent();
    for (int i = token; i < link.length() - 1; i++) { // two letters may end on the same bits
      char other = link.charAt(i) == 'A' ? 'B' : 'A';
      var forged = link.substring(0, i) + other + link.substring(i + 1);
      assertThat(claim(secrets, forged)).as(forged).isEmpty();
    }
  }

  @Test
  void givenALinkOfAnotherGateway_thenItIsNone() throws Exception {
    var link = link(open(), Duration.ofMinutes(1));
    Files.delete(data.resolve(Secrets.FILE));

    assertThat(claim(open(), link)).isEmpty();
  }

  @Test
  void givenAMalformedFile_thenNothingStartsWithIt() throws Exception {
    for (var text : new String[] {"owner", "owner ?", "link a b c", "x y"}) {
      Files.writeString(data.resolve(Secrets.FILE), text);
      assertThatThrownBy(this::open)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(Secrets.FILE)
          .hasMessageContaining("malformed");
    }
  }

  @Test
  void givenTwoOwnersOfOneStream_thenALinkIsOfOne() {
    var secrets = open();
    var links = new Links(secrets, now::get, Runnable::run);
    var claim = claim(secrets, link(secrets, Duration.ofMinutes(1))).orElseThrow();

    assertThat(links.isOf(claim, "o")).isTrue();
    assertThat(links.isOf(claim, "p")).isFalse();
    assertThat(links.isOf(claim, "")).isFalse();
  }
}
