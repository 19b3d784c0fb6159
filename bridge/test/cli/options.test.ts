import { describe, expect, it } from 'vitest'
import { HELP } from '../../src/cli/help.js'
import { type BridgeOptions, parseCommand, UsageError } from '../../src/cli/options.js'

function options(...args: string[]): BridgeOptions {
  const command = parseCommand(args)
  if (command.kind !== 'run') throw new Error(command.kind)
  return command.options
}

describe('parseCommand', () => {
  it('reads stdin and tells everything when there are no arguments', () => {
    expect(options()).toEqual({
      files: [],
      follow: false,
      detail: 'full',
      print: false,
      top: undefined,
      prometheus: undefined,
      summary: 'text',
      quiet: false,
      state: undefined,
      giveUp: undefined,
      holdSpan: true,
      ownerId: 'keep',
      payload: true,
      lockName: 'template',
      settle: 250,
      idleTimeout: 300,
      limits: {},
      maxLine: 16_777_216,
    })
  })

  it('reads what is asked of the contention page', () => {
    expect(options('report', 'a.log')).toMatchObject({
      files: ['a.log'],
      report: 'report.html',
      reportOnly: true,
    })
    expect(options('report', '-o', 'x.html')).toMatchObject({ files: [], report: 'x.html', reportOnly: true })
    expect(options('--report', 'x.html', '--ui', '8080', '--trace-url', 'https://t/{traceId}')).toMatchObject(
      {
        report: 'x.html',
        ui: { host: '127.0.0.1', port: 8080 },
        traceUrl: 'https://t/{traceId}',
      },
    )
    expect(options('--report', 'x.html').reportOnly).toBeUndefined()
    // A file of that name is read by another way to say it.
    expect(options('./report').files).toEqual(['./report'])
  })

  it.each([
    [['-o', 'x.html'], '--report FILE'],
    [['--report', '-'], 'name a file'],
    [['report', '-o', ''], 'name a file'],
    [['--ui', 'x'], '--ui x: give a port'],
    [['--trace-url', 'http://t/{traceId}'], '--report or --ui'],
    [['report', '--trace-url', 'http://t/'], 'put {traceId}'],
    [['report', '--trace-url', 'javascript:{traceId}'], 'http or https'],
  ])('%j is told to be wrong', (args, message) => {
    expect(() => parseCommand(args)).toThrow(message)
    expect(() => parseCommand(args)).toThrow(UsageError)
  })

  it('takes every option', () => {
    expect(
      options(
        ...`-f --state s.json --detail=compact --print=5 --prometheus 9464 --summary json -q --give-up 10
            --no-hold-span --owner-id hash --no-payload --lock-name=none --settle 0 --idle-timeout=60
            --limit openTrees=5 --limit holds=6 --max-line 4096 a.log -`.split(/\s+/),
      ),
    ).toMatchObject({
      files: ['a.log', '-'],
      follow: true,
      state: 's.json',
      detail: 'compact',
      print: true,
      top: 5,
      prometheus: { host: '127.0.0.1', port: 9464 },
      summary: 'json',
      quiet: true,
      giveUp: 10,
      holdSpan: false,
      ownerId: 'hash',
      payload: false,
      lockName: 'none',
      settle: 0,
      idleTimeout: 60,
      limits: { openTrees: 5, holds: 6 },
      maxLine: 4096,
    })
    expect(options('--give-up', 'never').giveUp).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([
    ['9464', '127.0.0.1', 9464],
    ['0.0.0.0:1', '0.0.0.0', 1],
    ['[::1]:0', '::1', 0],
    ['metrics.local:65535', 'metrics.local', 65_535],
  ])('serves %s', (value, host, port) => {
    expect(options('--prometheus', value).prometheus).toEqual({ host, port })
  })

  it.each([
    [['--detial', 'full'], 'there is no option --detial; did you mean --detail?'],
    [['--foo'], 'there is no option --foo'],
    [['-x'], 'there is no option -x'],
    [['--detail', 'some'], '--detail some: choose full, compact, operation'],
    [['--detail'], /--detail.*argument missing/],
    [['--prometheus', 'x'], '--prometheus x: give a port, or HOST:PORT such as 0.0.0.0:9464'],
    [['--prometheus', '99999'], /give a port/],
    [['--print=many'], '--print=many: give a whole number of at least 1'],
    [['--print=0'], '--print=0: give a whole number of at least 1'],
    [['--top', '5'], /^there is no option --top$/],
    [['--settle', '-1'], '--settle needs a value, but what follows it looks like an option'],
    [['--settle=-1'], '--settle -1: give a whole number of at least 0'],
    [['report', '-o', '--print'], '-o needs a value'],
    [['--limit', 'openTrees'], '--limit openTrees: give NAME=NUMBER, such as openTrees=20000'],
    [['--follow'], '--follow needs a FILE to follow; stdin is read to its end anyway'],
    [['--state', 's.json', '-'], /--state needs a FILE/],
  ])('refuses %j and says what to do', (args, message) => {
    expect(() => parseCommand(args)).toThrow(UsageError)
    expect(() => parseCommand(args)).toThrow(message)
  })

  it('answers --help and --version whatever else there is', () => {
    expect(parseCommand(['--help', 'x', '--detail', 'full'])).toEqual({ kind: 'help' })
    expect(parseCommand(['-h'])).toEqual({ kind: 'help' })
    expect(parseCommand(['-V'])).toEqual({ kind: 'version' })
  })
})

describe('the help', () => {
  it('fits 80 columns and names every option', () => {
    for (const line of HELP.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const names = [
      'follow',
      'state',
      'max-line',
      'print',
      'prometheus',
      'summary',
      'quiet',
      'detail',
      'no-hold-span',
    ]
    const more = [
      'lock-name',
      'owner-id',
      'no-payload',
      'settle',
      'idle-timeout',
      'limit',
      'give-up',
      'help',
      'version',
    ]
    for (const name of [...names, ...more]) expect(HELP).toContain(`--${name}`)
  })
})
