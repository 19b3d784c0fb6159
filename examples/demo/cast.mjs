/** Who contends for the lock, and how: in a word, in some, in milliseconds. */
export const CAST = [
  {
    name: 'anna',
    kind: 'steady',
    role: 'takes it, works, gives it back',
    hold: [50, 120],
    rest: [40, 160],
    retries: 60,
  },
  {
    name: 'ben',
    kind: 'steady',
    role: 'takes it, works, gives it back',
    hold: [50, 120],
    rest: [40, 160],
    retries: 60,
  },
  {
    name: 'carla',
    kind: 'impatient',
    role: 'gives up after half a second',
    hold: [50, 90],
    rest: [80, 200],
    retries: 3,
  },
  {
    name: 'dora',
    kind: 'slow',
    role: 'holds ten times as long',
    hold: [600, 900],
    rest: [500, 800],
    retries: 60,
  },
  {
    name: 'emil',
    kind: 'killed',
    role: 'will be killed while it holds',
    hold: [50, 120],
    rest: [40, 160],
    retries: 60,
    diesAt: 2500,
  },
  {
    name: 'fred',
    kind: 'failing',
    role: 'will fail to renew its lease',
    hold: [50, 120],
    rest: [40, 160],
    retries: 60,
    failsAt: 5500,
  },
]

/** For how long new work is begun. */
export const RUN_FOR = 9500

/** After how long an unrenewed lock file is anybody's, and how often a held one is renewed. */
export const STALE = 2000
export const UPDATE = 1000
