/// The fields of an object.
struct TreeFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: TreeDecoder
  /// Nil where there is no object, which was noted already.
  let fields: [Tree.Field]?
  /// Where each name stands among the fields, where those are many.
  private let places: [String: Int]?

  init(decoder: TreeDecoder, fields: [Tree.Field]?) {
    self.decoder = decoder
    self.fields = fields
    places = fields.flatMap(Tree.places)
  }

  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { (fields ?? []).compactMap { Key(stringValue: $0.name) } }

  func contains(_ key: Key) -> Bool {
    decoder.ask(key.stringValue)
    return find(key) != nil
  }

  func decodeNil(forKey key: Key) -> Bool { find(key)?.isNull ?? true }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    decoder.ask(key.stringValue)
    let found = find(key)
    if fields != nil, found == nil { decoder.missing(key.stringValue) }
    return try decoder.read(type, found, at: .field(key.stringValue, of: decoder))
  }

  /// What is absent, or null. Most fields of most documents are: they are looked for once.
  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    decoder.ask(key.stringValue)
    guard let found = find(key), !found.isNull else { return nil }
    return try decoder.read(type, found, at: .field(key.stringValue, of: decoder))
  }

  // Texts, flags and numbers are most of what documents hold: they need not ask what their type is.

  func decode(_ type: String.Type, forKey key: Key) -> String { scalar(key).readText() }
  func decode(_ type: Bool.Type, forKey key: Key) -> Bool { scalar(key).readFlag() }
  func decode(_ type: Int.Type, forKey key: Key) -> Int { scalar(key).readInteger(type) }
  func decode(_ type: Int64.Type, forKey key: Key) -> Int64 { scalar(key).readInteger(type) }
  func decode(_ type: Double.Type, forKey key: Key) -> Double { scalar(key).readNumber() }

  private func scalar(_ key: Key) -> TreeDecoder {
    let decoder = decoder(for: key)
    if fields != nil, decoder.tree == nil { self.decoder.missing(key.stringValue) }
    return decoder
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedDecodingContainer<Nested> { decoder(for: key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { decoder(for: key).unkeyedContainer() }

  func superDecoder() -> any Decoder { decoder }

  func superDecoder(forKey key: Key) -> any Decoder { decoder(for: key) }

  private func decoder(for key: Key) -> TreeDecoder {
    decoder.ask(key.stringValue)
    return TreeDecoder(find(key), at: .field(key.stringValue, of: decoder), report: decoder.report)
  }

  private func find(_ key: Key) -> Tree? {
    guard let fields else { return nil }
    guard let places else { return fields.first { $0.name == key.stringValue }?.value }
    return places[key.stringValue].map { fields[$0].value }
  }
}

/// The elements of a list.
struct TreeElements: UnkeyedDecodingContainer {
  let decoder: TreeDecoder
  let elements: [Tree]
  private(set) var currentIndex = 0

  init(decoder: TreeDecoder, elements: [Tree]) {
    self.decoder = decoder
    self.elements = elements
  }

  var codingPath: [any CodingKey] { [] }
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  mutating func decodeNil() -> Bool {
    guard !isAtEnd, elements[currentIndex].isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let (element, place) = next()
    return try decoder.read(type, element, at: place)
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> {
    nextDecoder().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { nextDecoder().unkeyedContainer() }

  mutating func superDecoder() -> any Decoder { nextDecoder() }

  private mutating func nextDecoder() -> TreeDecoder {
    let (element, place) = next()
    return TreeDecoder(element, at: place, report: decoder.report)
  }

  private mutating func next() -> (Tree?, TreeDecoder.Place) {
    defer { currentIndex += 1 }
    return (isAtEnd ? nil : elements[currentIndex], .element(currentIndex, of: decoder))
  }
}

/// One value.
struct TreeScalar: SingleValueDecodingContainer {
  let decoder: TreeDecoder

  var codingPath: [any CodingKey] { [] }

  func decodeNil() -> Bool { decoder.tree?.isNull ?? true }
  func decode(_ type: Bool.Type) -> Bool { decoder.readFlag() }
  func decode(_ type: String.Type) -> String { decoder.readText() }
  func decode(_ type: Double.Type) -> Double { decoder.readNumber() }
  func decode(_ type: Float.Type) -> Float { Float(decoder.readNumber()) }
  func decode(_ type: Int.Type) -> Int { decoder.readInteger(type) }
  func decode(_ type: Int8.Type) -> Int8 { decoder.readInteger(type) }
  func decode(_ type: Int16.Type) -> Int16 { decoder.readInteger(type) }
  func decode(_ type: Int32.Type) -> Int32 { decoder.readInteger(type) }
  func decode(_ type: Int64.Type) -> Int64 { decoder.readInteger(type) }
  func decode(_ type: UInt.Type) -> UInt { decoder.readInteger(type) }
  func decode(_ type: UInt8.Type) -> UInt8 { decoder.readInteger(type) }
  func decode(_ type: UInt16.Type) -> UInt16 { decoder.readInteger(type) }
  func decode(_ type: UInt32.Type) -> UInt32 { decoder.readInteger(type) }
  func decode(_ type: UInt64.Type) -> UInt64 { decoder.readInteger(type) }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try decoder.read(type, decoder.tree, at: decoder.place)
  }
}
