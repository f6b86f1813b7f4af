/** The store's tables. A prefix has no character that would need quoting. */
export interface Tables {
  readonly migrations: string;
  readonly outbox: string;
  readonly refused: string;
  readonly lanes: string;
  readonly inbox: string;
  readonly events: string;
  readonly documents: string;
  readonly checkpoints: string;
}

/** @example tablesOf("mw").outbox // "mw_outbox" */
export function tablesOf(prefix: string): Tables {
  return {
    migrations: `${prefix}_migrations`,
    outbox: `${prefix}_outbox`,
    refused: `${prefix}_outbox_refused`,
    lanes: `${prefix}_lanes`,
    inbox: `${prefix}_inbox`,
    events: `${prefix}_events`,
    documents: `${prefix}_documents`,
    checkpoints: `${prefix}_checkpoints`,
  };
}
