import { describe, expect, it } from 'vitest'
import { EventSyntaxError, LockInformation } from '../../src/events/index.js'

const TEXT =
  '{"lock_id":"order-42","owner_id":"owner-05","version":3,"lock_count":1,' +
  '"lock_begin_time":"2026-11-22T09:34:47.14Z","lease_expire_time":"2026-11-22T09:39:47.140000001Z"}'

describe('LockInformation', () => {
  it('is read from JSON and written as the same text', () => {
    const information = LockInformation.fromJson(TEXT)
    expect(information).toEqual(
      new LockInformation(
        'order-42',
        'owner-05',
        3,
        1,
        [1_795_340_087, 140_000_000],
        [1_795_340_387, 140_000_001],
      ),
    )
    expect(information.toJson()).toBe(TEXT)
    expect(JSON.stringify(information)).toBe(TEXT)
  })

  it("takes Go's zero values for what is missing, and writes them", () => {
    const information = LockInformation.fromJson('{}')
    expect(information).toEqual(new LockInformation())
    expect(information).toMatchObject({ lockId: '', ownerId: '', version: 0, lockCount: 0 })
    expect(information.lockBeginTime).toBeUndefined()
    expect(information.toJson()).toBe(
      '{"lock_id":"","owner_id":"","version":0,"lock_count":0,' +
        '"lock_begin_time":"0001-01-01T00:00:00Z","lease_expire_time":"0001-01-01T00:00:00Z"}',
    )
    expect(LockInformation.fromJson(information.toJson())).toEqual(information)
  })

  it('keeps a lock count of -1', () => {
    expect(LockInformation.fromJson('{"lock_count":-1}').lockCount).toBe(-1)
  })

  it.each([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', 9_007_199_254_740_992n],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
  ])('keeps every digit of version %s', (digits, version) => {
    const information = LockInformation.fromJson(`{"version":${digits}}`)
    expect(information.version).toBe(version)
    expect(information.toJson()).toContain(`"version":${digits},`)
  })

  it('makes a number of a bigint that one can hold', () => {
    expect(LockInformation.fromObject({ version: 5n }).version).toBe(5)
  })

  it.each([
    ['not JSON', '{', /^expected a JSON object, found text that is not JSON/],
    ['no object', '[]', 'expected an object, found an array'],
    ['null', 'null', 'expected an object, found null'],
    ['a lock id that is no string', '{"lock_id":5}', 'lock_id: expected a string, found the number 5'],
    ['a version with a fraction', '{"version":1.5}', 'version: expected an integer, found the number 1.5'],
    ['a version in a string', '{"version":"1"}', 'version: expected an integer, found "1"'],
    [
      'a time without a zone',
      '{"lease_expire_time":"2026-11-22T09:34:47"}',
      'lease_expire_time: expected an RFC 3339 time or null, found "2026-11-22T09:34:47"',
    ],
  ])('refuses %s', (_name, text, message) => {
    expect(() => LockInformation.fromJson(text)).toThrow(EventSyntaxError)
    expect(() => LockInformation.fromJson(text)).toThrow(message)
  })
})
