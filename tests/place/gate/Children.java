// SPDX-License-Identifier: Apache-2.0
/** Children from threads, garbage, compiled code. */
public class Children {
    public static void main(String[] args) throws Exception {
        Thread[] threads = new Thread[8];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                try {
                    for (int j = 0; j < 3; j++) {
                        new ProcessBuilder("/bin/true").start().waitFor();
                        byte[] garbage = new byte[1 << 20];
                        garbage[j] = 1;
                    }
                } catch (Exception e) {
                    System.out.println(e);
                }
            });
            threads[i].start();
        }
        for (Thread t : threads)
            t.join();
        System.gc();
        System.out.print(new String(new ProcessBuilder("/bin/echo", "java").start().getInputStream().readAllBytes()));
    }
}
