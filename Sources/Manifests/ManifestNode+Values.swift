import SystemPackage

extension ManifestNode {
    /// A path that starts at `folder` and may not exist.
    func path(in folder: FilePath) throws(ManifestError) -> FilePath {
        let text = try text()
        guard !text.isEmpty, !text.utf8.contains(0) else { throw wrong(expected: "a path") }
        return folder.pushing(FilePath(text)).lexicallyNormalized()
    }

    func number(in range: ClosedRange<Int>) throws(ManifestError) -> Int {
        guard let number = Int(try text()), range.contains(number) else {
            throw wrong(expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func flag() throws(ManifestError) -> Bool {
        switch try text() {
        case "true": true
        case "false": false
        default: throw wrong(expected: "true or false")
        }
    }

    func percent(upTo most: Double) throws(ManifestError) -> Double {
        guard let number = Double(try text()), number.isFinite, (0...most).contains(number) else {
            throw wrong(expected: "a percentage from 0 to \(Int(most))")
        }
        return number
    }

    /// One text or a list, each with its position.
    func placedTexts() throws(ManifestError) -> [Placed<String>] {
        var texts: [Placed<String>] = []
        for node in try listOrSelf() { texts.append(Placed(try node.text(), at: node.place)) }
        return texts
    }
}
