package dev.lastword.checker.probe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a text is for nobody else to read. */
final class CredentialsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "http://h/chat?key=AIza1&alt=sse | http://h/chat?key=…&alt=sse",
        "https://u:p@ss@h:81/x | https://…@h:81/x",
        "http://{{env:WHO}}@h/x?token={{env:T}} | http://{{env:WHO}}@h/x?token={{env:T}}",
        "http://h/x?session={{run}}&session_id=abc | http://h/x?session={{run}}&session_id=…",
        "{\"message\":\"key: {{run}}\",\"key\":\"{{key}}\",\"apiKey\":\"sk-\\\"1\"} | {\"message\":\"key: {{run}}\",\"key\":\"{{key}}\",\"apiKey\":\"…\"}",
        "{\"max_tokens\":\"7\",\"session\":\"c1\",\"password\" : \"x\"} | {\"max_tokens\":\"7\",\"session\":\"c1\",\"password\" : \"…\"}",
        "user=bob&password=x&lang=en | user=bob&password=…&lang=en",
        "PGPASSWORD=x psql -c 'select 1' | PGPASSWORD=… psql -c 'select 1'",
        "psql \"$DATABASE_URL\" --password $PW | psql \"$DATABASE_URL\" --password $PW",
        "curl -H 'Authorization: Bearer x' --api-key y http://h/ | curl -H 'Authorization: …' --api-key … http://h/",
        "json:/type=finish | json:/type=finish",
        "/messages/0/content={{answer}} | /messages/0/content={{answer}}",
      })
  void givenASecret_whenShown_thenItIsLeftOutAndNothingElse(String text, String shown) {
    assertThat(Credentials.shown(text)).isEqualTo(shown);
    assertThat(Credentials.shown(shown)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Authorization | Bearer x | …",
        "authorization | Bearer {{env:TOKEN}} | Bearer {{env:TOKEN}}",
        "authorization | Bearer ${TOKEN} | Bearer ${TOKEN}",
        "cookie | sid=x; run={{run}} | …",
        "x-token | {{run}} | {{run}}",
        "x-my-secret | x | …",
        "Idempotency-Key | k1 | k1",
        "x-user | alice | alice",
        "x-max-tokens | 7 | 7",
      })
  void givenAHeader_whenShown_thenOnlyASecretIsLeftOut(String name, String value, String shown) {
    assertThat(Credentials.shown(name, value)).isEqualTo(shown);
  }
}
