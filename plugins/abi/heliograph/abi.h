/* The plugin door: the only thing that the Heliograph host and a plugin must agree on.
 *
 * A module exports one function, hg_entry, named HG_ENTRY_SYMBOL. It returns a descriptor that can be read
 * without creating anything. Rules that hold everywhere:
 *  - Every struct that may grow starts with its size; a reader looks only at members that the size covers.
 *  - Text is pointer and length, UTF-8, not terminated. Who allocates frees.
 *  - No exception, no C++ type and no RTTI crosses the door.
 *  - A module stays loaded for the life of the process, so its literals may be handed out.
 *
 * Thread tags used below:
 *  [setup]     called once at a time, before the node runs or after it has ended
 *  [own]       called on the node's thread, never overlapping another call on the same instance
 *  [any]       callable from any thread at any time between create and destroy
 */
#ifndef HELIOGRAPH_ABI_H
#define HELIOGRAPH_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A module is accepted when its major equals the host's and its minor is not newer than the host's. */
#define HG_ABI_MAJOR 1u
#define HG_ABI_MINOR 0u
#define HG_ENTRY_SYMBOL "heliograph_plugin"

typedef struct hg_text {
    const char* data; /* may be NULL when size is 0 */
    size_t size;      /* bytes */
} hg_text;

/* ---- Records: what a batch holds in memory is exactly this
 * ------------------------------------------------------ */

enum hg_value_type {
    HG_FLOAT = 1,    /* IEEE 754 double */
    HG_INTEGER = 2,  /* 64 bit, signed */
    HG_UNSIGNED = 3, /* 64 bit, unsigned */
    HG_BOOLEAN = 4,
    HG_TEXT = 5
};

typedef struct hg_tag {
    hg_text key;   /* never empty */
    hg_text value; /* never empty */
} hg_tag;

typedef union hg_value {
    double floating;
    int64_t integer;
    uint64_t unsigned_integer;
    uint8_t boolean; /* 0 or 1 */
    hg_text text;
} hg_value;

typedef struct hg_field {
    hg_text key;  /* never empty */
    int32_t type; /* enum hg_value_type: which member of value holds */
    int32_t zero; /* padding, 0 */
    hg_value value;
} hg_field;

#define HG_TIME_UNSET INT64_MIN

/* One metric. The arrays belong to this record alone and lie in the arena of its batch; text may be shared.
 */
typedef struct hg_metric {
    hg_text name;
    hg_tag* tags; /* sorted by key, bytewise, no key twice */
    hg_field* fields;
    uint32_t tag_count;
    uint32_t field_count;
    int64_t
        time; /* nanoseconds since 1970-01-01 UTC; HG_TIME_UNSET asks the host for the time of the gather */
} hg_metric;

/* Memory of a batch: a bump region, refilled by its owner. Everything in it lives until the batch is gone. */
typedef struct hg_arena {
    uint32_t size;
    char* cursor; /* next free byte; a caller may take [cursor, limit) by moving cursor */
    char* limit;
    /* Slow path: memory of at least the given size and alignment (a power of two), or NULL. */
    void* (*allocate)(struct hg_arena* arena, size_t bytes, size_t alignment);
    /* Ties an input buffer to the batch: release(context) is called once, when the batch is gone, from any
     * thread. Returns HG_OK, or HG_OUT_OF_MEMORY with nothing taken. */
    int32_t (*adopt)(struct hg_arena* arena, void* context, void (*release)(void* context));
} hg_arena;

typedef struct hg_batch {
    uint32_t size;
    hg_metric* metrics;
    size_t count;
    size_t capacity;
    hg_arena* arena;
    /* Makes room for at least `capacity` records; HG_OK or HG_OUT_OF_MEMORY. May move `metrics`. */
    int32_t (*reserve)(struct hg_batch* batch, size_t capacity);
    /* What has been done to the batch in this call; the host reads them for the ledger:
     * records added, removed on purpose, taken into the plugin's keeping, given back from it. */
    uint64_t added;
    uint64_t filtered;
    uint64_t held;
    uint64_t released;
} hg_batch;

/* ---- Status and errors
 * ------------------------------------------------------------------------------------------- */

enum hg_status {
    HG_OK = 0,
    HG_RETRY = 1,     /* for now: the far side is away or busy; metrics not named in the verdict are kept */
    HG_FATAL = 2,     /* this node cannot work as it is configured */
    HG_REFUSED = 3,   /* the far side refused the whole write without naming a metric; the host bisects */
    HG_TOO_LARGE = 4, /* the write is too large for the far side; the host splits */
    HG_STOPPED = 5,   /* interrupted */
    HG_OUT_OF_MEMORY = 6
};

#define HG_ERROR_TEXT_SIZE 1000

/* Filled in by the plugin whenever a call does not return HG_OK. The memory is the host's. */
typedef struct hg_error {
    uint32_t size;
    uint32_t text_size;            /* bytes used in text */
    int64_t retry_after;           /* nanoseconds; 0: not said */
    char text[HG_ERROR_TEXT_SIZE]; /* UTF-8; never holds a secret */
} hg_error;

/* ---- Options
 * ----------------------------------------------------------------------------------------------------- */

enum hg_option_type {
    HG_OPTION_TEXT = 1,
    HG_OPTION_INTEGER = 2,
    HG_OPTION_FLOAT = 3,
    HG_OPTION_BOOLEAN = 4,
    HG_OPTION_DURATION = 5, /* integer, nanoseconds */
    HG_OPTION_SIZE = 6,     /* integer, bytes */
    HG_OPTION_LIST = 7,     /* texts */
    HG_OPTION_MAP = 8,      /* text to text, in the order of the file */
    HG_OPTION_SECRET = 9,   /* text that is never shown */
    HG_OPTION_CHOICE = 10   /* text, one of choices; integer holds its index */
};

enum hg_option_flag {
    HG_OPTION_REQUIRED = 1,
    HG_OPTION_HAS_MINIMUM = 2,
    HG_OPTION_HAS_MAXIMUM = 4,
    HG_OPTION_HAS_DEFAULT = 8,
    HG_OPTION_IN_SAMPLE = 16 /* a sample config sets it, though it is not required */
};

typedef struct hg_text_list {
    const hg_text* items;
    size_t count;
} hg_text_list;

typedef struct hg_text_map {
    const hg_tag* items; /* here key and value may be empty */
    size_t count;
} hg_text_map;

typedef struct hg_option_value {
    int32_t type;   /* enum hg_option_type; 0: not set and no default */
    uint32_t given; /* 1: written in the config, 0: the default */
    union {
        int64_t integer; /* integer, duration, size, choice */
        double floating;
        uint8_t boolean;
        hg_text text; /* text, secret */
        hg_text_list list;
        hg_text_map map;
    } value;
} hg_option_value;

typedef struct hg_option {
    uint32_t size;
    int32_t type;    /* enum hg_option_type */
    uint32_t flags;  /* enum hg_option_flag */
    hg_text name;    /* snake_case */
    hg_text unit;    /* of a number, for people; may be empty */
    hg_text help;    /* one sentence */
    hg_text example; /* what a sample config shows when there is no default, as TOML; may be empty */
    hg_option_value default_value;
    double minimum; /* inclusive; of integers, floats, durations (nanoseconds) and sizes (bytes) */
    double maximum;
    hg_text_list choices;
} hg_option;

/* ---- What a plugin says of the metrics that it makes
 * -------------------------------------------------------------- */

enum hg_declaration_role { HG_ROLE_TAG = 1, HG_ROLE_FIELD = 2 };

typedef struct hg_declaration {
    hg_text measurement;
    hg_text name; /* of the tag or field */
    int32_t role; /* enum hg_declaration_role */
    int32_t type; /* enum hg_value_type, fields only */
    hg_text unit; /* as UDUNITS-2 or a solar site spells it: W, Wh, degC; empty: none or unknown */
    hg_text help;
} hg_declaration;

/* ---- Host services
 * ------------------------------------------------------------------------------------------------ */

enum hg_log_level { HG_LOG_ERROR = 1, HG_LOG_WARNING = 2, HG_LOG_INFO = 3, HG_LOG_DEBUG = 4 };

/* Given to create and valid until destroy has returned. */
typedef struct hg_host {
    uint32_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    hg_text node_name; /* the user's name for this instance */
    int64_t interval;  /* nanoseconds between two gathers of this input; 0 for other kinds */
    void* context;     /* the host's own */
    void (*log)(const struct hg_host* host, int32_t level, hg_text message); /* [any] */
    int32_t (*log_enabled)(const struct hg_host* host, int32_t level);       /* [any] 0 or 1 */
    int64_t (*now)(const struct hg_host* host);                              /* [any] UTC nanoseconds */
    int64_t (*monotonic)(const struct hg_host* host);                        /* [any] nanoseconds */
    /* Adds to a counter of this node, made on first use. Names are snake_case. [any] */
    void (*count)(const struct hg_host* host, hg_text counter, int64_t delta);
    /* An ability of the host by name, or NULL. The answer lives as long as the host struct. [any] */
    const void* (*get_extension)(const struct hg_host* host, hg_text id);
} hg_host;

/* Host extension "heliograph.state/1": small values that survive a restart, private to the node's name. */
#define HG_EXTENSION_STATE "heliograph.state/1"
typedef struct hg_state {
    uint32_t size;
    /* Calls receive(context, value) once and returns HG_OK; HG_RETRY when there is no such value. [own or
     * setup] */
    int32_t (*load)(const hg_host* host, hg_text key, void* context,
                    void (*receive)(void* context, hg_text value));
    /* Replaces the value as a whole, on disk when the agent has a state_dir. HG_OK, or HG_RETRY with an
     * error. */
    int32_t (*store)(const hg_host* host, hg_text key, hg_text value, hg_error* error);
} hg_state;

/* Host extension "heliograph.declarations/1": what the nodes that this one reads from say of their metrics.
 */
#define HG_EXTENSION_DECLARATIONS "heliograph.declarations/1"
typedef struct hg_declarations {
    uint32_t size;
    /* Calls receive once per declaration, all upstream nodes together. [setup] */
    void (*each)(const hg_host* host, void* context,
                 void (*receive)(void* context, const hg_declaration* declaration));
} hg_declarations;

/* Where check reports what is wrong with an option's value beyond its type and bounds. */
typedef struct hg_problems {
    uint32_t size;
    /* option: its name; key: the key within a map, or the item of a list, or empty; hint: what to do, or
     * empty. */
    void (*report)(struct hg_problems* problems, hg_text option, hg_text key, hg_text message, hg_text hint);
} hg_problems;

/* ---- The instance
 * ------------------------------------------------------------------------------------------------- */

/* Where an input puts what it reads. */
typedef struct hg_accumulator {
    uint32_t size;
    hg_batch* batch; /* append here; after flush it is another, empty batch */
    /* Hands over what has been appended so far; gathers that read many things need not hold all of them.
     * [own] */
    int32_t (*flush)(struct hg_accumulator* accumulator);
} hg_accumulator;

/* The outcome of a write. Starts as all accepted; a plugin names only what is not. */
typedef struct hg_verdict {
    uint32_t size;
    void (*reject)(struct hg_verdict* verdict, size_t index, hg_text reason); /* for good */
    void (*keep)(struct hg_verdict* verdict, size_t index, hg_text reason);   /* offer it again */
} hg_verdict;

/* A member that the kind of the plugin does not use is NULL. */
typedef struct hg_plugin {
    uint32_t size;
    void* self; /* the plugin's own */

    /* Takes the options, typed and within bounds, one value per option of the descriptor, in its order. The
     * values live during the call only. Opens nothing. [setup] */
    int32_t (*configure)(struct hg_plugin* plugin, const hg_option_value* values, size_t count,
                         hg_error* error);
    /* Reports every problem that can be seen without opening anything. After configure. [setup] */
    int32_t (*check)(struct hg_plugin* plugin, hg_problems* problems, hg_error* error);
    /* Connects, opens files. HG_RETRY: try again later. [own] */
    int32_t (*open)(struct hg_plugin* plugin, hg_error* error);
    /* The node is ending: makes a running gather or write return soon. Only close and destroy follow. [any]
     */
    void (*interrupt)(struct hg_plugin* plugin);
    /* Undoes open; safe without it and twice. [own] */
    void (*close)(struct hg_plugin* plugin);
    /* Frees the instance. [setup] */
    void (*destroy)(struct hg_plugin* plugin);
    /* An ability of this instance by name, or NULL. [setup] */
    const void* (*get_extension)(struct hg_plugin* plugin, hg_text id);

    /* Input: takes one reading. With HG_ABILITY_RUNS it is called once and returns when interrupted. [own] */
    int32_t (*gather)(struct hg_plugin* plugin, hg_accumulator* accumulator, hg_error* error);
    /* Processor: changes the batch in place. A pure one may be called from several threads at once. [own] */
    int32_t (*process)(struct hg_plugin* plugin, hg_batch* batch, hg_error* error);
    /* Processor: gives back what it holds, on its tick and (final = 1) once at the end. [own] */
    int32_t (*flush)(struct hg_plugin* plugin, hg_batch* batch, int32_t final, hg_error* error);
    /* Output: delivers a batch, never empty. [own] */
    int32_t (*write)(struct hg_plugin* plugin, const hg_metric* metrics, size_t count, hg_verdict* verdict,
                     hg_error* error);
} hg_plugin;

/* Plugin extension "heliograph.declare/1" of a processor: how it changes the declarations that pass it. */
#define HG_EXTENSION_DECLARE "heliograph.declare/1"
typedef struct hg_declare {
    uint32_t size;
    /* Calls receive for each declaration of what leaves the processor. After configure. [setup] */
    void (*each)(hg_plugin* plugin, void* context,
                 void (*receive)(void* context, const hg_declaration* declaration));
} hg_declare;

/* ---- The descriptor
 * ----------------------------------------------------------------------------------------------- */

enum hg_kind { HG_KIND_INPUT = 1, HG_KIND_PROCESSOR = 2, HG_KIND_OUTPUT = 3 };

enum hg_ability {
    HG_ABILITY_PURE = 1,       /* processor: keeps no state between calls */
    HG_ABILITY_IDEMPOTENT = 2, /* output: a repeated write changes nothing */
    HG_ABILITY_PARTIAL = 4,    /* output: names the metrics that it rejects */
    HG_ABILITY_TICK = 8,       /* processor: wants flush on its interval */
    HG_ABILITY_RUNS = 16       /* input: pushes on its own from one long gather */
};

typedef struct hg_descriptor {
    uint32_t size; /* these three never move */
    uint32_t abi_major;
    uint32_t abi_minor;
    int32_t kind;       /* enum hg_kind */
    uint64_t abilities; /* enum hg_ability */
    hg_text type;       /* the name that a config calls it by: snake_case */
    hg_text version;    /* the plugin's own */
    hg_text summary;    /* one sentence */
    const hg_option* const* options;
    size_t option_count;
    const hg_declaration* declarations; /* what an input makes; may be empty */
    size_t declaration_count;
    size_t declaration_stride; /* sizeof(hg_declaration) as the plugin knows it */
    /* Makes an instance; *plugin is the plugin's to free, by destroy. [setup] */
    int32_t (*create)(const hg_host* host, hg_plugin** plugin, hg_error* error);
} hg_descriptor;

/* Never fails, cheap, callable more than once; the descriptor is static. */
typedef const hg_descriptor* (*hg_entry)(void);

#ifdef __cplusplus
}
#endif
#endif
