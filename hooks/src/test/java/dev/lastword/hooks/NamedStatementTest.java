package dev.lastword.hooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamedStatementTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "values (:a, :b_2, :a) | values (?, ?, ?) | a b_2 a",
        "select ':a', \":b\", `:c`, :d | select ':a', \":b\", `:c`, ? | d",
        "select 'it''s :a', :b | select 'it''s :a', ? | b",
        "select :a::jsonb, x := 1, y::text | select ?::jsonb, x := 1, y::text | a",
        "select 1 -- :a | select 1 -- :a | ~~",
        "select /* :a /* :b */ :c */ :d | select /* :a /* :b */ :c */ ? | d",
        "select $$ :a $$, $x$ :b $$ $x$, $1, :c | select $$ :a $$, $x$ :b $$ $x$, $1, ? | c",
        "select 'unended :a | select 'unended :a | ~~",
        "select : a, 12:30, a[1:2], :é | select : a, 12:30, a[1:2], :é | ~~",
        "select a ?? 'b', '?', :c -- ? | select a ?? 'b', '?', ? -- ? | c",
        ":a | ? | a",
      })
  void givenAStatement_thenItsParametersAreFound_andNothingElse(
      String text, String sql, String names) {
    var statement = NamedStatement.parse(text);

    assertThat(statement.sql()).isEqualTo(sql);
    assertThat(statement.names())
        .isEqualTo(names.isEmpty() ? List.of() : List.of(names.split(" ")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into m (id) values (:stream)",
        "  INSERT\ninto m values (:stream, 'on conflict do nothing')",
        "insert into m values (:stream) -- on conflict do nothing",
        "with x as (select 1) insert into m select * from x",
        "insert into \"on conflict\" values (1)",
      })
  void givenAnInsertThatCannotRunTwice_thenItIsSeen(String text) {
    assertThat(NamedStatement.parse(text).isInsertedTwice()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into m (id) values (:stream) on conflict (id) do nothing",
        "insert into m values (:stream) ON\nCONFLICT DO NOTHING",
        "insert or ignore into m values (:stream)",
        "insert or replace into m values (:stream)",
        "insert ignore into m values (:stream)",
        "insert into m values (:stream) on duplicate key update text = :text",
        "insert into m select :stream where not exists (select 1 from m where id = :stream)",
        "update m set text = :text where id = :stream",
        "select save_message(:stream, :text)",
        "merge into m using (values (:stream)) v (id) on m.id = v.id when not matched then insert values (v.id)",
      })
  void givenAnotherStatement_thenItIsTaken(String text) {
    assertThat(NamedStatement.parse(text).isInsertedTwice()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "update m set text = :text where id = :stream | true",
        "  UPDATE m set text = ';' where id = :stream; | true",
        "with x as (select 1) update m set text = :text | true",
        "update m set text = :text; insert into m values (1) on conflict do nothing | false",
        "insert into m values (:stream) on conflict (id) do update set text = :text | false",
        "insert into m values (:stream) on duplicate key update text = :text | false",
        "select update_message(:stream) | false",
      })
  void givenAStatement_thenItIsSeenWhetherItNeedsARow(String text, boolean update) {
    assertThat(NamedStatement.parse(text).isUpdate()).isEqualTo(update);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "insert ignore into m values (:stream) | true",
        "UPDATE  low_priority IGNORE m set text = :text | true",
        "insert into m values (:stream) on duplicate key update id = id | false",
        "update m set text = 'update ignore' where `insert ignore` = :stream | false",
        "insert or ignore into m values (:stream) | false",
      })
  void givenAStatement_thenItIsSeenWhetherItPassesOverErrors(String text, boolean ignoring) {
    assertThat(NamedStatement.parse(text).isIgnoring()).isEqualTo(ignoring);
  }
}
