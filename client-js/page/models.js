const STORE = 'lastword.model';
/** An endpoint that tells its models later than this is asked by the model used last, or by a name that many take. */
const PATIENCE_MS = 4_000;
const ANY = 'default';

/** The choice of models: what the endpoint lists; with one there is nothing to choose. */
export class Models {
  #select;
  #told;

  /** @param {HTMLSelectElement} select */
  constructor(select) {
    this.#select = select;
    this.#told = Promise.race([this.#load(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    select.addEventListener('change', () => remember(select.value));
  }

  /** The chosen one, as soon as it is known. @returns {Promise<string>} */
  async chosen() {
    await this.#told;
    return this.#select.value || remembered() || ANY;
  }

  /** Settles when it is known what there is to choose from. */
  async #load() {
    const response = await fetch('v1/models').catch(() => null);
    // Not reached, or this page is about to go, and is not to ask anything in its last moment.
    if (!response) return new Promise(() => {});
    const { data } = await response.json().catch(() => ({})); // an endpoint without a list of models may still answer
    const ids = Array.isArray(data) ? data.map((model) => model?.id).filter((id) => typeof id === 'string') : [];
    this.#select.append(...ids.map((id) => new Option(id)));
    if (ids.includes(remembered())) this.#select.value = remembered();
    this.#select.hidden = ids.length < 2;
  }
}

function remembered() {
  try {
    return localStorage.getItem(STORE) ?? '';
  } catch {
    return ''; // storage is off
  }
}

/** @param {string} model */
function remember(model) {
  try {
    localStorage.setItem(STORE, model);
  } catch {
    // Storage is off or full: the choice lives as long as the page.
  }
}
