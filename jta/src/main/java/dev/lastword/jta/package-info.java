/**
 * The transactions that save an answer are JTA's: those of an application server, or of a
 * transaction manager in the application.
 *
 * @see JtaTransactions
 */
@NullMarked
package dev.lastword.jta;

import org.jspecify.annotations.NullMarked;
