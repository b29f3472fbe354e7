package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which credential of a request counts. */
class PresentedTest {
  private static final Presented.Places PLACES = new Presented.Places("x-user", "session");

  private static Optional<Presented> of(String target, String... fields) {
    var headers = new DefaultHttpHeaders();
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    var head = new RequestHead(HttpMethod.POST, "1.1", target, Optional.empty(), headers, 0);
    return Presented.of(head, PLACES);
  }

  private static Optional<Presented> secret(String value) {
    return Optional.of(new Presented(Presented.SECRET, value));
  }

  @Test
  void givenTheFieldsOfVendors_thenOneKeyIsOneOwner() {
    assertThat(of("/v1/x", "Authorization", "Bearer k")).isEqualTo(secret("k"));
    assertThat(of("/v1/x", "Authorization", "bearer   k")).isEqualTo(secret("k"));
    assertThat(of("/v1/x", "X-Api-Key", "k")).isEqualTo(secret("k"));
    assertThat(of("/v1/x", "Api-Key", "k")).isEqualTo(secret("k"));
    assertThat(of("/v1/x", "X-Goog-Api-Key", "k")).isEqualTo(secret("k"));
    assertThat(of("/v1beta/models/m:streamGenerateContent?alt=sse&key=k")).isEqualTo(secret("k"));
    assertThat(of("/api/streams?key=k")).isEqualTo(secret("k"));
  }

  @Test
  void givenSeveral_thenTheFirstCounts() {
    assertThat(of("/v1beta/m?key=e", "X-Api-Key", "b", "Authorization", "Basic a", "X-User", "f"))
        .isEqualTo(secret("Basic a"));
    assertThat(of("/v1beta/m?key=e", "Cookie", "session=g")).isEqualTo(secret("e"));
  }

  @Test
  void givenTwoValuesOfOneField_thenItIsNeitherOfBoth() {
    assertThat(of("/", "X-Api-Key", "a", "X-Api-Key", "b")).isEqualTo(secret("a\nb"));
  }

  @Test
  void givenNoneThatSaysAnything_thenThereIsNone() {
    assertThat(of("/", "Authorization", "Bearer", "X-Api-Key", "")).isEmpty();
    assertThat(of("/", "Authorization", "Bearer ")).isEmpty();
    assertThat(of("/search?key=word")).as("an application's own parameter").isEmpty();
  }

  @Test
  void givenANameThatAProxySet_thenNobodyIsTakenForItWhoWritesItElsewhere() {
    assertThat(of("/", "X-User", "alice")).isPresent().isNotEqualTo(secret("alice"));
    assertThat(of("/", "Cookie", "a=b; session=alice; c=d"))
        .isPresent()
        .isNotEqualTo(secret("alice"))
        .isNotEqualTo(of("/", "X-User", "alice"));
  }
}
