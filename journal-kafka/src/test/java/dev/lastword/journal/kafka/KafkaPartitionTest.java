package dev.lastword.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a URL says of a partition and of clients. */
final class KafkaPartitionTest {
  private static final String URL = "kafka://b1:9092,[::1]:9093/lastword-journal";

  @Test
  void givenAUrl_whenRead_thenItIsThere() {
    var place = KafkaPartition.parse(URL, "", "");

    assertThat(place)
        .isEqualTo(new KafkaPartition("b1:9092,[::1]:9093", "lastword-journal", 0, 2, Map.of()))
        .hasToString(URL + "?partition=0");
  }

  @Test
  void givenParameters_whenRead_thenThoseOfClientsArePassedOnAndNotShown() {
    var place =
        KafkaPartition.parse(
            URL
                + "?partition=3&min.insync.replicas=1&security.protocol=SSL"
                + "&ssl.keystore.password=a%26b%3D%25",
            "",
            "");

    assertThat(place.partition()).isEqualTo(3);
    assertThat(place.insyncMin()).isEqualTo(1);
    assertThat(place.client())
        .isEqualTo(Map.of("security.protocol", "SSL", "ssl.keystore.password", "a&b=%"));
    assertThat(place.toString()).doesNotContain("a&b").endsWith("?partition=3");
  }

  @Test
  void givenAUserAndAPassword_whenRead_thenTheyAreSaslsOverTls() {
    var client = KafkaPartition.parse(URL, "ann", "a\"b\\c").client();

    assertThat(client)
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.mechanism", "SCRAM-SHA-512")
        .containsEntry(
            "sasl.jaas.config",
            "org.apache.kafka.common.security.scram.ScramLoginModule required"
                + " username=\"ann\" password=\"a\\\"b\\\\c\";");
    assertThat(
            KafkaPartition.parse(
                    URL + "?sasl.mechanism=PLAIN&security.protocol=SASL_PLAINTEXT", "ann", "p")
                .client())
        .containsEntry("security.protocol", "SASL_PLAINTEXT")
        .extractingByKey("sasl.jaas.config")
        .asString()
        .contains("plain.PlainLoginModule");
  }

  @Test
  void givenAFileOfProperties_whenRead_thenTheUrlSaysOtherwise(@TempDir Path dir) throws Exception {
    var file = dir.resolve("client.properties");
    Files.writeString(
        file,
        """
        bootstrap.servers=elsewhere:9092
        security.protocol=SASL_SSL
        sasl.jaas.config=some.Module required \\
          password="x";
        request.timeout.ms=5000
        """);

    assertThat(
            KafkaPartition.parse(URL + "?request.timeout.ms=7000&properties=" + file, "", "")
                .client())
        .isEqualTo(
            Map.of(
                "security.protocol", "SASL_SSL",
                "sasl.jaas.config", "some.Module required password=\"x\";",
                "request.timeout.ms", "7000"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "kafka://b1/topic | the url is not kafka://host:port[,host:port...]/topic",
        "kafka://b1:9092 | the url is not kafka://",
        "kafka://b1:9092/ | the url is not kafka://",
        "kafka://b1:9092/a/b | the url is not kafka://",
        "kafka://ann:hidden@b1:9092/topic | the url is not kafka://",
        "b1:9092/topic | the url is not kafka://",
        "kafka://b1:9092/t?hidden | a parameter of the url is not name=value",
        "kafka://b1:9092/t?sasl.x=%hidden | a parameter of the url has a % that begins no byte",
        "kafka://b1:9092/t?partition=hidden | 'partition' has to be a whole number",
        "kafka://b1:9092/t?partition=-1 | 'partition' is -1: 0 to 9999",
        "kafka://b1:9092/t?min.insync.replicas=0 | 'min.insync.replicas' is 0: 1 to 100",
        "kafka://b1:9092/t?acks=0 | 'acks' is no property that may be set",
        "kafka://b1:9092/t?isolation.level=x | 'isolation.level' is no property that may be set",
        "kafka://b1:9092/t?properties=/none | 'properties': cannot read /none",
      })
  void givenAUrlThatIsWrong_whenRead_thenItSaysWhatAndNoValue(String url, String message) {
    assertThatThrownBy(() -> KafkaPartition.parse(url, "", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("hidden");
  }

  @Test
  void givenAUserForAnotherMechanism_whenRead_thenItSaysSo() {
    assertThatThrownBy(() -> KafkaPartition.parse(URL + "?sasl.mechanism=GSSAPI", "ann", "hidden"))
        .hasMessageContaining("'sasl.mechanism' is another")
        .hasMessageNotContaining("hidden");
  }
}
