import MatrixModel
import Testing

@Suite struct ByteSizeTests {
    @Test(arguments: [
        ("4096", 4096), ("0", 0), ("512M", 512 << 20), ("10 GiB", 10 << 30), ("10gb", 10 << 30), ("1 KiB", 1024),
        ("2T", 2 << 40), ("7 B", 7),
    ])
    func sizesAreRead(text: String, bytes: Int) { #expect(ByteSize(text)?.bytes == bytes) }

    @Test(arguments: ["", "GiB", "-1", "1.5 GiB", "10 X", "10 iB", "99999999999999999999", "9999999999 T", "1 G G"])
    func otherTextIsNoSize(text: String) { #expect(ByteSize(text) == nil) }

    @Test(arguments: [
        (0, "0.0 MiB"), (3 << 20, "3.0 MiB"), (52_429, "0.1 MiB"), (10 << 30, "10.0 GiB"), (1_610_612_736, "1.5 GiB"),
    ])
    func sizesAreShownForPeople(bytes: Int, text: String) { #expect("\(ByteSize(bytes: bytes))" == text) }
}
