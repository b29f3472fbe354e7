package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UrlHostTest {
  @ParameterizedTest
  @CsvSource({
    "http://my_service:8000/hook, my_service, 8000",
    "https://my_service, my_service, -1",
    "http://_a.b_c.example/x, _a.b_c.example, -1",
    "http://my-service:8000, my-service, 8000",
    "http://[::1]:80/, [::1], 80",
    "http://10.0.0.7, 10.0.0.7, -1",
  })
  void givenAUrlThatNamesAHost_thenItIsThat(String url, String name, int port) {
    assertThat(UrlHost.of(URI.create(url))).contains(new UrlHost(name, port));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http:///path",
        "http://:80/",
        "mailto:a_b@c",
        "http://user:word@my_service/",
        "http://my_service:port/",
        "http://my_service:800000/",
        "http://my_service-/",
        "http://a..b/",
      })
  void givenAUrlThatNamesNone_thenItIsEmpty(String url) {
    assertThat(UrlHost.of(URI.create(url))).isEmpty();
  }

  @Test
  void givenAnUpstreamWithAnUnderscore_thenItIsCalledByItsName() {
    var target = UpstreamTarget.parse("http://my_model:8000/v1/");

    assertThat(target)
        .isEqualTo(new UpstreamTarget(false, "my_model", 8000, "my_model:8000", "/v1"));
    assertThat(UpstreamTarget.parse("https://my_model").port()).isEqualTo(443);
    assertThatThrownBy(() -> UpstreamTarget.parse("http://my_model:99999"))
        .hasMessageContaining("its port has to be 1 to 65535");
    assertThatThrownBy(() -> UpstreamTarget.parse("http://key:word@my_model/"))
        .hasMessageContaining("is malformed")
        .hasMessageNotContaining("word");
  }
}
