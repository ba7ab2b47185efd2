// Preloaded into a database server by a test: while a flag file exists, files in the server's data folder
// cannot grow, which is what a full disk does; what is overwritten in place still succeeds.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Whether `size` bytes at `offset` are refused; an offset of -1 is the file's position.
static int refused(int file, off_t offset, size_t size) {
    const int kept_errno = errno;
    const char* const flag = getenv("HELIOGRAPH_FULL_DISK_FLAG");
    const char* const folder = getenv("HELIOGRAPH_FULL_DISK_FOLDER");
    struct stat found;
    int answer = 0;
    if (flag != NULL && folder != NULL && syscall(SYS_access, flag, F_OK) == 0 && fstat(file, &found) == 0 &&
        S_ISREG(found.st_mode)) {
        char link[64];
        char path[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        const ssize_t length = readlink(link, path, sizeof path - 1);
        if (length > 0) {
            path[length] = '\0';
            off_t begin = offset;
            if (begin < 0) {
                const int append = (fcntl(file, F_GETFL) & O_APPEND) != 0;
                begin = append ? found.st_size : lseek(file, 0, SEEK_CUR);
            }
            answer = strncmp(path, folder, strlen(folder)) == 0 && begin + (off_t)size > found.st_size;
        }
    }
    errno = answer ? ENOSPC : kept_errno;
    return answer;
}

static size_t total(const struct iovec* parts, int count) {
    size_t sum = 0;
    for (int i = 0; i < count; ++i) {
        sum += parts[i].iov_len;
    }
    return sum;
}

// A system call takes a 64-bit offset in two halves, of which only the first counts on 64-bit machines.
_Static_assert(sizeof(long) == 8, "offsets are passed to the kernel in one register");

ssize_t write(int file, const void* bytes, size_t size) {
    return refused(file, -1, size) ? -1 : syscall(SYS_write, file, bytes, size);
}

ssize_t writev(int file, const struct iovec* parts, int count) {
    return refused(file, -1, total(parts, count)) ? -1 : syscall(SYS_writev, file, parts, count);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
    return refused(file, offset, size) ? -1 : syscall(SYS_pwrite64, file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
    return pwrite(file, bytes, size, offset);
}

ssize_t pwritev(int file, const struct iovec* parts, int count, off_t offset) {
    return refused(file, offset, total(parts, count)) ? -1
                                                      : syscall(SYS_pwritev, file, parts, count, offset, 0L);
}

ssize_t pwritev64(int file, const struct iovec* parts, int count, off64_t offset) {
    return pwritev(file, parts, count, offset);
}

int fallocate(int file, int mode, off_t offset, off_t size) {
    return refused(file, offset, (size_t)size) ? -1 : (int)syscall(SYS_fallocate, file, mode, offset, size);
}

int fallocate64(int file, int mode, off64_t offset, off64_t size) {
    return fallocate(file, mode, offset, size);
}

// Returns its error and leaves errno alone (POSIX).
int posix_fallocate(int file, off_t offset, off_t size) {
    const int kept_errno = errno;
    const int error = fallocate(file, 0, offset, size) == 0 ? 0 : errno;
    errno = kept_errno;
    return error;
}

int posix_fallocate64(int file, off64_t offset, off64_t size) {
    return posix_fallocate(file, offset, size);
}

int ftruncate(int file, off_t size) {
    return refused(file, 0, (size_t)size) ? -1 : (int)syscall(SYS_ftruncate, file, size);
}

int ftruncate64(int file, off64_t size) {
    return ftruncate(file, size);
}
