package dev.lastword.checker.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses as people write them. */
final class AddressTest {
  private static URI uri(String address) {
    return RequestTemplate.get(new Template(address), List.of()).request(Values.ofRun("r")).uri();
  }

  @ParameterizedTest
  @CsvSource({
    "http://my_service:8000/chat, http://my_service:8000/chat",
    "https://user@my_service/a?b=c, https://user@my_service/a?b=c",
    "http://bücher.example:81/x, http://xn--bcher-kva.example:81/x",
    "http://[::1]:8080/x, http://[::1]:8080/x",
    "http://localhost:8000, http://localhost:8000",
  })
  void givenAHostAsPeopleNameThem_whenRequested_thenItIsAnAddress(String written, String meant) {
    assertThat(uri(written)).hasToString(meant);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://", "http:///x", "http://:80/x", "ftp://h/x", "/x", "http://a b/"})
  void givenNoHost_whenRequested_thenItSaysSo(String written) {
    assertThatThrownBy(() -> uri(written))
        .isInstanceOf(MissingValueException.class)
        .hasMessageContaining("is no http or https address");
  }
}
