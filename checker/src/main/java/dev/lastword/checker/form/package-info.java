/** What a response looks like: where its text stands, and by which events it says its end. */
@NullMarked
package dev.lastword.checker.form;

import org.jspecify.annotations.NullMarked;
