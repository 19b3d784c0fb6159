import { describe, expect, it } from 'vitest'
import { LockInformation } from '../../src/index.js'
import { readLockRecord, readLockRecordText } from '../../src/operations/lock-record.js'

const json = {
  lock_id: 'order-42',
  owner_id: 'owner-A',
  version: 3,
  lock_count: -1,
  lock_begin_time: '2026-11-22T09:34:48.728257213Z',
  lease_expire_time: '2026-11-22T17:39:48.5+08:00',
}

describe('the record of a lock', () => {
  it('is read as JSON has it', () => {
    expect(readLockRecord(json)).toEqual({
      ownerId: 'owner-A',
      version: 3,
      lockCount: -1,
      lockBeginTime: [1_795_340_088, 728_257_213],
      leaseExpireTime: [1_795_340_388, 500_000_000],
    })
    expect(readLockRecordText(JSON.stringify(json))).toEqual(readLockRecord(json))
  })

  it('is read as the model has it', () => {
    const record = new LockInformation('order-42', 'owner-A', 2n ** 60n, 1, [5, 6], [7, 8])
    expect(readLockRecord(record)).toMatchObject({
      ownerId: 'owner-A',
      version: 2n ** 60n,
      leaseExpireTime: [7, 8],
    })
    expect(readLockRecord(Object.assign({}, record))).toMatchObject({
      ownerId: 'owner-A',
      lockBeginTime: [5, 6],
    })
  })

  it('has no time where it is Go’s zero time, or none at all', () => {
    const zero = { ...json, lock_begin_time: '0001-01-01T00:00:00Z', lease_expire_time: 'soon' }
    expect(readLockRecord(zero)).toMatchObject({ lockBeginTime: undefined, leaseExpireTime: undefined })
  })

  it.each([undefined, null, 42, 'text', [], {}, { owner_id: 7 }])('is none in %s', (value) => {
    expect(readLockRecord(value)).toBeUndefined()
  })

  it.each([undefined, null, '', '{', '[]', '"text"', '{"owner_id":1}', 42])(
    'is none in the text %s',
    (text) => {
      expect(readLockRecordText(text)).toBeUndefined()
    },
  )

  it('leaves out what is of the wrong type', () => {
    expect(
      readLockRecord({ owner_id: 'A', version: '3', lock_count: {}, lock_begin_time: [1, 'x'] }),
    ).toEqual({
      ownerId: 'A',
      version: undefined,
      lockCount: undefined,
      lockBeginTime: undefined,
      leaseExpireTime: undefined,
    })
  })
})
